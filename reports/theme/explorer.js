// Lets a reader move the drivers of a scenario and shows at once where they lead (projection.js). Without this script the
// chart above stands alone. Everything is written as text or as attributes: no markup from data, no inline styles.
(function () {
  "use strict";
  var SVG = "http://www.w3.org/2000/svg", LEVELS = ["low", "mode", "high"], HEIGHT = 132, LEFT = 46, RIGHT = 12, TOP = 10, BOTTOM = 22;
  var formats = [], BETWEEN_YEARS = 36, DIGITS = 4, REST = 200, KEY = "try", PAIR = /^([a-z_0-9]+)=([+-]?\d{1,9}(\.\d{1,9})?)$/;

  function make(name, attributes, content) {
    var node = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    [].concat(content === undefined ? [] : content).forEach(function (one) { node.append(one); });
    return node;
  }

  function draw(name, attributes, text) {
    var node = document.createElementNS(SVG, name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text !== undefined) { node.textContent = text; }
    return node;
  }

  function printed(value, decimals) {
    formats[decimals] = formats[decimals] || new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    var text = formats[decimals].format(Math.abs(value));
    return (value < 0 && /[1-9]/.test(text) ? "−" : "") + text;
  }

  function fill(text, parts) { return text.replace(/\{(\w+)\}/g, function (whole, name) { return name in parts ? parts[name] : whole; }); }

  function withUnit(value, measure) { return printed(value, measure.decimals) + (/^%?$/.test(measure.unit) ? "" : " ") + measure.unit; }

  function round(value) { return Math.round(value * Math.pow(10, DIGITS)) / Math.pow(10, DIGITS); }

  function by(list, id) { return list.filter(function (one) { return one.id === id; })[0]; }

  // --- one path

  function step(range) {
    var rough = range / 3 || 1, power = Math.pow(10, Math.floor(Math.log(rough) / Math.LN10));
    return [1, 2, 2.5, 5, 10].map(function (n) { return n * power; }).filter(function (n) { return n >= rough; })[0];
  }

  function places(by) { return by >= 1 ? (by % 1 ? 1 : 0) : Math.min(6, Math.ceil(-Math.log(by) / Math.LN10 - 1e-9) + (/2.?5/.test(String(by)) ? 1 : 0)); }

  // lines: { class, points: [[year, value]] }; goal: a value, or nothing
  function picture(lines, goal, width) {
    var points = [].concat.apply([], lines.map(function (line) { return line.points; }));
    var years = points.map(function (one) { return one[0]; }), values = points.map(function (one) { return one[1]; }).concat(goal === undefined ? [] : goal);
    var first = Math.min.apply(null, years), last = Math.max.apply(null, years), low = Math.min.apply(null, values), high = Math.max.apply(null, values);
    var by = step(high - low), bottom = Math.floor(low / by + 1e-9) * by, top = Math.ceil(high / by - 1e-9) * by, tick, year, every;
    if (top <= bottom) { top = bottom + by; }
    function x(year) { return LEFT + (width - LEFT - RIGHT) * (year - first) / Math.max(last - first, 1); }
    function y(value) { return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - bottom) / (top - bottom); }
    var svg = draw("svg", { viewBox: "0 0 " + width + " " + HEIGHT, width: width, height: HEIGHT, "aria-hidden": "true" });
    for (tick = bottom; tick <= top + by / 2; tick += by) {
      svg.append(draw("line", { "class": "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }));
      svg.append(draw("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, printed(tick, places(by))));
    }
    every = Math.ceil(BETWEEN_YEARS * (last - first) / (width - LEFT - RIGHT)) || 1;
    for (year = last; year >= first; year -= every) {
      svg.append(draw("text", { x: x(year), y: HEIGHT - 6, "text-anchor": "middle" }, String(year)));
    }
    if (goal !== undefined) { svg.append(draw("line", { "class": "goal", x1: LEFT, x2: width - RIGHT, y1: y(goal), y2: y(goal) })); }
    lines.forEach(function (line) {
      var at = line.points.map(function (point) { return x(point[0]).toFixed(1) + "," + y(point[1]).toFixed(1); });
      svg.append(draw("polyline", { "class": line["class"], points: at.join(" ") }));
    });
    return svg;
  }

  // --- targets

  function holds(target, value) {
    return (target.above ? value >= target.value : value <= target.value) || Math.abs(value - target.value) <= target.noise * Math.abs(target.value);
  }

  // When a target is met: in a year, in one that is filed, or not by the last
  function met(target, data, path) {
    var all = {}, words = data.words, first, lost;
    Object.keys(target.met).forEach(function (year) { all[year] = target.met[year]; });
    data.years.forEach(function (year, at) { all[year] = holds(target, path[at]); });
    Object.keys(all).map(Number).sort().forEach(function (year) {
      if (all[year] && first === undefined) { first = year; }
      if (!all[year] && first !== undefined && lost === undefined) { lost = year; }
    });
    if (first === undefined) { return fill(words.not_met, { year: data.years[data.years.length - 1] }); }
    return fill(first <= data.years[0] ? words.met_filed : words.met, { year: first }) + (lost ? fill(words.met_lost, { year: lost }) : "");
  }

  // --- the link

  function linked(data, hash) {
    var parts = hash.slice(KEY.length + 2).split("&"), found = { scenario: parts[0], moved: {}, said: [] }, words = data.words;
    var broken = !by(data.scenarios, parts[0]) || parts.length > 1 + data.drivers.length;
    parts.slice(1).forEach(function (part) {
      var pair = PAIR.exec(part), driver = pair && by(data.drivers, pair[1]), value, kept;
      if (!driver || driver.id in found.moved) { broken = true; return; }
      value = Number(pair[2]);
      kept = round(Math.min(driver.max, Math.max(driver.min, value)));
      if (kept !== round(value)) { found.said.push(fill(words.clamped, { title: driver.title, value: shown(driver, value), kept: shown(driver, kept) })); }
      found.moved[driver.id] = kept;
    });
    return broken ? { scenario: data.own, moved: {}, said: [words.broken] } : found;
  }

  // --- the drivers

  function shown(driver, value) { return printed(driver.percent ? 100 * value : value, driver.decimals) + (driver.percent ? "%" : ""); }

  // As the workbench moves a driver: low and high keep their distance from the middle, within what is allowed.
  function triple(driver, levels, value) {
    var low = Math.max(driver.min, value - levels[1] + levels[0]), high = Math.min(driver.max, value - levels[1] + levels[2]);
    return [round(low), round(value), round(high)];
  }

  function yaml(data, now) {
    var scenario = by(data.scenarios, now.scenario), words = data.words, parts = { all: [], own: [] };
    data.drivers.filter(function (driver) { return driver.id in now.moved; }).forEach(function (driver) {
      var levels = scenario.drivers[driver.id], three = triple(driver, levels, now.moved[driver.id]);
      var text = three[0] === three[2] ? String(three[1]) : "[" + three.join(", ") + "]";
      var note = fill(words.file_line, { title: driver.title, value: shown(driver, levels[1]) });
      parts[driver.all ? "all" : "own"].push(driver.id + ": " + text + "   # " + note);
    });
    return ["# yaml-language-server: $schema=../schema.json", "# " + fill(words.file_head, { region: data.region.title, year: data.year, scenario: scenario.title })]
      .concat(parts.all.length ? ["all:"].concat(parts.all.map(function (line) { return "  " + line; })) : [])
      .concat(parts.own.length ? ["scenarios:", "  " + scenario.id + ":"].concat(parts.own.map(function (line) { return "    " + line; })) : [])
      .join("\n") + "\n";
  }

  function download(name, text) {
    var address = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
    make("a", { href: address, download: name }).click();
    setTimeout(function () { URL.revokeObjectURL(address); }, 60000);
  }

  function row(id, driver, words, change) {
    var factor = driver.percent ? 100 : 1, range = { min: driver.min, max: driver.max, step: driver.step }, of = {};
    of.title = make("label", { "for": id }, driver.title);
    of.number = make("input", { type: "number", id: id, min: round(driver.min * factor), max: round(driver.max * factor), step: round(driver.step * factor) });
    of.slider = make("input", { type: "range", min: range.min, max: range.max, step: range.step, "aria-label": driver.title });
    of.reset = make("button", { type: "button", "aria-label": fill(words.reset_one, { title: driver.title }) }, words.reset);
    of.marks = draw("svg", { "class": "marks", viewBox: "0 0 1000 8", preserveAspectRatio: "none", "aria-hidden": "true" });
    of.levels = LEVELS.map(function (level) { return make("button", { type: "button", "class": "level " + level }); });
    of.slider.addEventListener("input", function () { change(driver, Number(of.slider.value), true); });
    of.slider.addEventListener("change", function () { change(driver, Number(of.slider.value), false); });
    of.number.addEventListener("change", function () { change(driver, of.number.value === "" ? NaN : Number(of.number.value) / factor, false); });
    of.reset.addEventListener("click", function () { change(driver, undefined, false); of.slider.focus(); });
    of.levels.forEach(function (button) { button.addEventListener("click", function () { change(driver, Number(button.dataset.value), false); }); });
    of.allowed = make("span", {}, fill(words.allowed, { min: shown(driver, driver.min), max: shown(driver, driver.max) }));
    of.box = make("div", { "class": "driver" }, [
      of.title, make("div", { "class": "track" }, [of.slider, of.marks]),
      make("span", { "class": "entry" }, [of.number, make("span", { "class": "unit" }, driver.unit), of.reset]), make("p", { "class": "range" }, of.levels.concat([of.allowed]))
    ]);
    of.show = function (value, levels, moved) {
      var state = [value, levels, moved].join();
      if (state === of.state && of.number.value !== "") { return; }
      of.state = state;
      of.number.value = (value * factor).toFixed(Math.abs(value * factor * 10 - Math.round(value * factor * 10)) < 1e-6 && driver.percent ? 1 : 2);
      of.slider.value = value;
      of.slider.setAttribute("aria-valuetext", shown(driver, value));
      of.reset.disabled = !moved;
      of.box.classList.toggle("moved", moved);
      of.marks.replaceChildren.apply(of.marks, levels.map(function (level, at) {
        var x = 1000 * (level - driver.min) / (driver.max - driver.min);
        return draw("line", { "class": LEVELS[at], x1: x, x2: x, y1: 0, y2: 8, "vector-effect": "non-scaling-stroke" });
      }));
      of.levels.forEach(function (button, at) {
        button.dataset.value = levels[at];
        button.textContent = fill(words[LEVELS[at]], { value: shown(driver, levels[at]) });
      });
    };
    return of;
  }

  // --- the whole

  function open(block) {
    var data = JSON.parse(block.textContent), words = data.words, id = block.dataset.for, figure = block.closest("figure");
    var box = make("div", { "class": "explorer", role: "group", "aria-label": words.title }, make("p", { "class": "lead" }, words.title));
    figure.append(box); // last, so that the figure's own table stays its first
    if (words.left_out) { box.append(make("p", { "class": "detail" }, words.left_out)); }
    if (!data.measures.length) { return; }

    var now = { scenario: data.own, moved: {} }, kept = {}, timer, wide, end = data.years[data.years.length - 1];
    var said = make("p", { "class": "said", "aria-live": "polite" }), noted = make("p", { "class": "noted", "aria-live": "polite" });
    var paths = make("div", { "class": "paths" }), targets = make("div"), results = make("div", { "class": "results" }, [said, paths, targets]);
    var choice = make("select", { id: id + "-scenario" }, data.scenarios.map(function (one) { return make("option", { value: one.id }, one.title); }));
    var reset = make("button", { type: "button" }, words.reset_all), save = make("button", { type: "button" }, words.download), rows = {}, group, set;
    var controls = make("div", { "class": "controls" });
    box.append(
      make("p", { "class": "detail" }, fill(data.start.sum ? words.lead_nation : words.lead, { year: end })), results,
      make("p", { "class": "bar" }, [make("label", { "for": id + "-scenario" }, words.scenario), choice, reset].concat(data.start.sum ? [] : [save])),
      noted, controls, make("p", { "class": "detail link" }, words.link + (data.start.sum ? words.no_file : fill(words.file, { file: data.region.file })))
    );
    data.drivers.forEach(function (driver) {
      if (driver.group !== group) {
        group = driver.group;
        set = make("fieldset", {}, make("legend", {}, words[group]));
        controls.append(set);
      }
      rows[driver.id] = row(id + "-" + driver.id, driver, words, change);
      set.append(rows[driver.id].box);
    });

    function scenario() { return by(data.scenarios, now.scenario); }

    function saved() {
      kept[now.scenario] = kept[now.scenario] || greenProjection(data, scenario(), {});
      return kept[now.scenario];
    }

    function change(driver, value, moving) {
      var levels = scenario().drivers[driver.id], bounded = round(Math.min(driver.max, Math.max(driver.min, value)));
      noted.textContent = "";
      if (value !== value && value !== undefined) {
        noted.textContent = fill(words.no_number, { title: driver.title });
      } else if (value === undefined || (!data.start.sum && Math.abs(value - levels[1]) < 1e-9)) {
        delete now.moved[driver.id];
      } else {
        if (bounded !== round(value)) { noted.textContent = fill(words.clamped, { title: driver.title, value: shown(driver, value), kept: shown(driver, bounded) }); }
        now.moved[driver.id] = bounded;
      }
      show(moving);
      if (!moving) { remember(); }
    }

    function remember() {
      var moved = Object.keys(now.moved), plain = !moved.length && now.scenario === data.own;
      var hash = plain ? "#" + figure.id : "#" + KEY + "=" + now.scenario + moved.map(function (name) { return "&" + name + "=" + now.moved[name]; }).join("");
      if (plain && location.hash.indexOf("#" + KEY + "=") !== 0) { return; }
      try { history.replaceState(null, "", hash); } catch (error) { location.replace(hash); }
    }

    function recall() {
      if (location.hash.indexOf("#" + KEY + "=") !== 0) { return; }
      var found = linked(data, location.hash), chapter = box.closest("[hidden]");
      now = { scenario: found.scenario, moved: found.moved };
      choice.value = now.scenario;
      show(false);
      noted.textContent = found.said.join(words.gap);
      if (chapter) { chapter.dispatchEvent(new Event("beforematch")); }
      box.scrollIntoView();
    }

    function path(values, measure) { return values.map(function (value, at) { return [data.years[at], value * measure.factor]; }); }

    function one(measure, base, moved, width) {
      var before = base[base.length - 1] * measure.factor, after = moved[moved.length - 1] * measure.factor, isMoved = Object.keys(now.moved).length > 0;
      var past = Object.keys(measure.filed).map(function (year) { return [Number(year), measure.filed[year]]; });
      var target = data.targets.filter(function (some) { return some.measure === measure.id; })[0];
      var lines = [{ "class": "filed", points: past }, { "class": "saved", points: path(base, measure) }].concat(isMoved ? { "class": "now", points: path(moved, measure) } : []);
      var head = [make("b", {}, measure.title), " ", make("span", { "class": "before" }, withUnit(before, measure))];
      if (withUnit(after, measure) !== withUnit(before, measure)) { head.push(make("span", { "class": "now" }, " → " + withUnit(after, measure))); }
      return make("div", { "class": "path" }, [make("p", {}, head), picture(lines, target && target.value * measure.factor, width)]);
    }

    function table(base, moved) {
      var body = data.targets.map(function (target) {
        return make("tr", {}, [make("th", { scope: "row" }, target.title), make("td", {}, met(target, data, base[target.measure])),
          make("td", { "class": "now" }, met(target, data, moved[target.measure]))]);
      });
      var heads = [words.target, fill(words.saved, { scenario: scenario().title }), words.now].map(function (text, at) { return make("th", at === 2 ? { scope: "col", "class": "now" } : { scope: "col" }, text); });
      return make("table", {}, [make("thead", {}, make("tr", {}, heads)), make("tbody", {}, body)]);
    }

    function sentence(base, moved) {
      var changed = data.drivers.filter(function (driver) { return driver.id in now.moved; }), last = base[data.measures[0].id].length - 1, parts;
      if (!changed.length) { return fill(words.unmoved, { scenario: scenario().title }); }
      parts = data.measures.filter(function (measure) { return ["energy.total", "carbon.market", "green.share"].indexOf(measure.id) >= 0; }).map(function (measure) {
        var before = base[measure.id][last] * measure.factor, gap = moved[measure.id][last] * measure.factor - before, told = printed(Math.abs(gap), measure.decimals);
        var unit = measure.unit === "%" ? words.points : measure.unit, share = measure.unit === "%" ? "" : fill(words.share, { percent: (gap < 0 ? "−" : "+") + printed(Math.abs(100 * gap / before), 1) });
        if (!/[1-9]/.test(told)) { return ""; }
        return fill(gap > 0 ? words.more : words.less, { title: measure.title, by: told + " " + unit, share: share });
      });
      parts = parts.concat(data.targets.map(function (target) {
        var one = met(target, data, base[target.measure]), other = met(target, data, moved[target.measure]);
        return one === other ? "" : fill(words.target_moves, { what: target.short, before: one, after: other });
      })).filter(Boolean);
      var what = changed.length > 2 ? fill(words.several, { n: changed.length }) : changed.map(function (driver) {
        return fill(words.to, { title: driver.title, value: shown(driver, now.moved[driver.id]) });
      }).join(words.and);
      return fill(parts.length ? words.effect : words.no_effect, { what: what, year: end, scenario: scenario().title, parts: parts.join(words.semicolon) });
    }

    function show(moving) {
      var base = saved(), moved = greenProjection(data, scenario(), now.moved);
      var columns = wide < 480 ? 2 : 3, width = Math.floor((wide - 12 * (columns - 1)) / columns);
      box.classList.toggle("changed", Object.keys(now.moved).length > 0);
      data.drivers.forEach(function (driver) {
        var levels = scenario().drivers[driver.id], isMoved = driver.id in now.moved;
        rows[driver.id].show(isMoved ? now.moved[driver.id] : levels[1], levels, isMoved);
      });
      reset.disabled = save.disabled = !Object.keys(now.moved).length;
      paths.replaceChildren.apply(paths, data.measures.map(function (measure) { return one(measure, base[measure.id], moved[measure.id], width); }));
      if (data.targets.length) { targets.replaceChildren(table(base, moved)); }
      clearTimeout(timer);
      timer = setTimeout(function () { said.textContent = sentence(base, moved); }, moving ? REST : 0);
    }

    wide = paths.clientWidth || 640;
    choice.value = now.scenario;
    choice.addEventListener("change", function () { now.scenario = choice.value; show(false); remember(); });
    reset.addEventListener("click", function () { now.moved = {}; noted.textContent = ""; choice.focus(); show(false); remember(); });
    save.addEventListener("click", function () { download(data.region.file, yaml(data, now)); });
    show(false);
    recall();
    window.addEventListener("hashchange", recall);
    new ResizeObserver(function () {
      if (!paths.clientWidth || paths.clientWidth === wide) { return; }
      wide = paths.clientWidth;
      show(true);
    }).observe(box);
  }

  Array.prototype.forEach.call(document.querySelectorAll("script.explorer"), function (block) {
    try { open(block); } catch (error) { console.warn("explorer left out: " + block.dataset.for, error); }
  });
})();
