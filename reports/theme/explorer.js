// Lets a reader choose a scenario and move one driver, and shows what was computed beforehand. Without this script the
// chart above stands alone. Everything is written as text or as attributes: no markup from data, no inline styles.
(function () {
  "use strict";
  var say = page.say, make = page.element;
  var SVG = "http://www.w3.org/2000/svg", LEVELS = ["low", "mode", "high"], NAMES = [say("低", "Low"), say("中", "Central"), say("高", "High")];
  var HEIGHT = 210, LEFT = 58, RIGHT = 18, TOP = 14, BOTTOM = 26, BETWEEN_YEARS = 40;

  function draw(name, attributes, text) {
    var node = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) { node.textContent = text; }
    return node;
  }

  function printed(value, decimals) {
    var text = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
  }

  function withUnit(value, measure) {
    return printed(value, measure.decimals) + (measure.unit === "%" ? "" : " ") + measure.unit;
  }

  function choices(box, legend, name, items, chosen, change) {
    var set = make("fieldset"), list = make("div", { "class": "choices" });
    set.append(make("legend", {}, legend), list);
    items.forEach(function (item) {
      var label = make("label"), input = make("input", { type: "radio", name: name, value: item.id });
      input.checked = item.id === chosen;
      input.addEventListener("change", function () { change(item.id); });
      label.append(input, make("span", {}, item.title));
      list.append(label);
    });
    box.append(set);
    return list;
  }

  function step(range) {
    var rough = range / 4 || 1, power = Math.pow(10, Math.floor(Math.log10(rough)));
    return [1, 2, 2.5, 5, 10].map(function (n) { return n * power; }).find(function (n) { return n >= rough; });
  }

  function picture(data, measure, lines, width) {
    var filed = data.filed[measure.id] || {}, first = Number(Object.keys(filed)[0] || data.years[0]);
    var last = data.years[data.years.length - 1];
    var past = Object.keys(filed).map(function (year) { return [Number(year), filed[year]]; });
    var paths = [{ "class": "filed", points: past }].concat(lines.map(function (line) {
      return { "class": line.name, points: line.values.map(function (value, at) { return [data.years[at], value]; }) };
    }));
    var values = [].concat.apply([], paths.map(function (path) { return path.points.map(function (point) { return point[1]; }); }));
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values), by = step(high - low);
    var bottom = Math.floor(low / by) * by, top = Math.ceil(high / by) * by;
    if (top === bottom) { top = bottom + by; }
    function x(year) { return LEFT + (width - LEFT - RIGHT) * (year - first) / Math.max(last - first, 1); }
    function y(value) { return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - bottom) / (top - bottom); }
    var svg = draw("svg", { viewBox: "0 0 " + width + " " + HEIGHT, width: width, height: HEIGHT, "aria-hidden": "true" }), tick, year, every;
    for (tick = bottom; tick <= top + by / 2; tick += by) {
      svg.append(draw("line", { "class": "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }));
      svg.append(draw("text", { x: LEFT - 8, y: y(tick) + 4, "text-anchor": "end" }, printed(tick, by < 1 ? 1 : 0)));
    }
    every = Math.ceil(BETWEEN_YEARS * (last - first) / (width - LEFT - RIGHT)) || 1;
    for (year = last; year >= first; year -= every) {
      svg.append(draw("text", { x: x(year), y: HEIGHT - 8, "text-anchor": "middle" }, String(year)));
    }
    paths.forEach(function (path) {
      var points = path.points.map(function (point) { return x(point[0]).toFixed(1) + "," + y(point[1]).toFixed(1); });
      svg.append(draw("polyline", { "class": path["class"], points: points.join(" ") }));
    });
    return svg;
  }

  function table(data, base, moved) {
    var last = data.years.length - 1, grid = make("table"), head = make("tr"), top = make("thead"), body = make("tbody");
    [say("指标", "Indicator"), data.years[last] + say(" 年", ""), say("与取中值相比", "Against the central value")].forEach(function (text, at) {
      head.append(make("th", { scope: "col", "class": at ? "right" : "left" }, text));
    });
    data.measures.forEach(function (measure) {
      var value = moved[measure.id][last], gap = value - base[measure.id][last], row = make("tr");
      var told = printed(gap, measure.decimals), unit = measure.unit === "%" ? say(" 个百分点", " percentage points") : " " + measure.unit;
      var change = /[1-9]/.test(told) ? (gap > 0 ? "+" : "") + told + unit : say("不变", "unchanged");
      row.append(make("td", {}, measure.title), make("td", { "class": "right" }, withUnit(value, measure)));
      row.append(make("td", { "class": "right" }, change));
      body.append(row);
    });
    top.append(head);
    grid.append(top, body);
    var scroll = make("div", { "class": "scroll", tabindex: "0", role: "region", "aria-label": say("试算结果", "Results") });
    scroll.append(grid);
    return scroll;
  }

  function open(block) {
    var data = JSON.parse(block.textContent), id = block.dataset.for;
    var now = { scenario: data.own, driver: data.drivers[0].id, level: "mode", measure: data.measures[0].id };
    var box = make("div", { "class": "explorer", role: "group", "aria-label": say("情景试算", "Try the scenarios") });
    var shown = make("div"), said = make("p", { "class": "detail", "aria-live": "polite" });
    box.append(make("p", { "class": "lead" }, say("情景试算：选择情景，把一个驱动因素改为低值、中值或高值，其余取中值。",
      "Choose a scenario and set one driver to its low, central or high value; the others stay at their central values.")));
    choices(box, say("情景", "Scenario"), id + "-s", data.scenarios, now.scenario, function (value) { now.scenario = value; show(); });
    choices(box, say("驱动因素", "Driver"), id + "-d", data.drivers, now.driver, function (value) { now.driver = value; show(); });
    var levels = choices(box, say("取值", "Value"), id + "-l", LEVELS.map(function (level, at) { return { id: level, title: NAMES[at] }; }), now.level,
      function (value) { now.level = value; show(); });
    choices(box, say("图中指标", "In the chart"), id + "-m", data.measures, now.measure, function (value) { now.measure = value; show(); });
    box.append(said, shown);

    function by(list, key) { return list.find(function (item) { return item.id === key; }); }

    function show() {
      var of = data.results[data.results[now.scenario] ? now.scenario : data.own], values = data.levels[now.scenario][now.driver];
      var base = of[""], moved = of[now.driver + "/" + now.level] || base, measure = by(data.measures, now.measure);
      Array.from(levels.querySelectorAll("span")).forEach(function (node, at) { node.textContent = NAMES[at] + say("（" + values[at] + "）", " (" + values[at] + ")"); });
      var lines = [{ name: "base", values: base[measure.id] }, { name: "moved", values: moved[measure.id] }];
      var at = LEVELS.indexOf(now.level), last = data.years.length - 1, result = withUnit(moved[measure.id][last], measure);
      var scenario = by(data.scenarios, now.scenario).title, driver = by(data.drivers, now.driver).title;
      said.textContent = say(
        scenario + "情景，" + driver + "取" + NAMES[at] + "值（" + values[at] + "）：" + data.years[last] + " 年" + measure.title +
          "为 " + result + "。图中灰线为填报，虚线为取中值，实线为所选取值。",
        scenario + " scenario, " + driver + " at its " + NAMES[at].toLowerCase() + " value (" + values[at] + "): " + measure.title + " in " +
          data.years[last] + " " + result + ". Grey: filed; dashed: all at the central values; solid: as chosen.");
      shown.replaceChildren(picture(data, measure, lines, Math.max(240, shown.clientWidth || 640)), table(data, base, moved));
    }

    block.closest("figure").append(box); // last, so that the figure's own table stays its first
    show();
    window.addEventListener("resize", show);
  }

  Array.from(document.querySelectorAll("script.explorer")).forEach(function (block) {
    try { open(block); } catch (error) { console.warn("explorer left out: " + block.dataset.for, error); }
  });
})();
