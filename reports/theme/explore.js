// The page on which readers choose for themselves. The choice stands in the address, #i=indicators&r=regions&y=years&d=dimension&v=view,
// so that it can be passed on and the browser's way back leads through it.
(function () {
  "use strict";
  var place = document.getElementById("explore"), table = window.greenTable;
  if (!place || !table) { return; }
  var english = document.documentElement.lang.indexOf("en") === 0, figures = greenFigures.read(table, english), html = greenPictures.html;
  var ROWS = 400, PICTURES = 6, VIEWS = ["line", "bar", "tiles", "table"];
  var words = english ? {
    indicators: "Indicators", regions: "Regions", from: "From", to: "to", part: "By", whole: "the whole", view: "Show",
    views: { line: "Lines", bar: "Bars", tiles: "Tile grid", table: "Table only" }, filter: "Filter by name", allProvinces: "All provinces", nationOnly: "The nation only",
    noneMore: "None", save: "Download this choice (CSV)", chosen: function (n) { return " (" + n + ")"; },
    status: function (rows, hidden) { return "Rows: " + rows + (hidden ? "; values not published: " + hidden : "") + "."; },
    hidden: "“Not published”: there is a value, which the disclosure rules withhold (in the CSV: 〔保密〕). “—”: there is no value.",
    hiddenShort: "not published", missing: "—: no value", hiddenCount: function (n) { return "not publ.: " + n; },
    below: function (one) { return "below " + one; }, above: function (one) { return one + " and above"; }, indicator: "Indicator", region: "Region", unit: "Unit",
    member: "Part", cut: function (n) { return "Only the first " + n + " rows are shown; the download has all."; }, pictures: function (n) { return "Only the first " + n + " charts are drawn."; },
    bars: function (n) { return "Only " + n + " bars are drawn; the table has more."; },
    empty: "Please choose at least one indicator and one region.", nothing: "No published values for this chart; see the table.", about: "Definitions: ",
    lineSaid: function (name, years, n) { return "Line chart: " + name + ", " + years[0] + " to " + years[years.length - 1] + ", lines: " + n + "; the values are in the table below"; },
    barSaid: function (name, year, n) { return "Bar chart: " + name + ", " + year + ", bars: " + n + "; the values are in the table below"; },
    tilesNote: "The squares show roughly where provinces lie, no boundaries.", tableSaid: "Values of this choice", year: function (year) { return String(year); }
  } : {
    indicators: "指标", regions: "地区", from: "年份从", to: "到", part: "分项", whole: "不分项", view: "看",
    views: { line: "折线", bar: "条形", tiles: "方格图", table: "只看表" }, filter: "按名称筛选", allProvinces: "全部省份", nationOnly: "只选全国",
    noneMore: "清除", save: "下载所选（CSV）", chosen: function (n) { return "（已选 " + n + " 个）"; },
    status: function (rows, hidden) { return "共 " + rows + " 行" + (hidden ? "，其中不予公布的数值 " + hidden + " 个" : "") + "。"; },
    hidden: "不予公布：有数值，按保密规则不公布（下载的文件中写〔保密〕）。—：没有数值。",
    hiddenShort: "不予公布", missing: "—：没有数值", hiddenCount: function (n) { return "不予公布 " + n; },
    below: function (one) { return "低于 " + one; }, above: function (one) { return one + " 起"; }, indicator: "指标", region: "地区", unit: "单位",
    member: "分项", cut: function (n) { return "表只列前 " + n + " 行，下载的文件中有全部。"; }, pictures: function (n) { return "只画前 " + n + " 张图。"; },
    bars: function (n) { return "只画前 " + n + " 条，其余见表。"; },
    empty: "请至少选一个指标、一个地区。", nothing: "没有公布的数值可画；见下表。", about: "说明：",
    lineSaid: function (name, years, n) { return "折线图：" + name + "，" + years[0] + " 至 " + years[years.length - 1] + " 年，" + n + " 条线；数值见下表"; },
    barSaid: function (name, year, n) { return "条形图：" + name + "，" + year + " 年，" + n + " 条；数值见下表"; },
    tilesNote: "方格仅示意各省相对方位，不表示行政区域界线。", tableSaid: "所选的数值", year: function (year) { return year + " 年"; }
  };
  var nation = table.regions[0].code, there = table.regions.filter(function (one) { return one.there; });
  var every = there.filter(function (one) { return one.code === nation || one.at; }).map(function (one) { return one.code; });
  var shown = null, first = table.years[0], last = table.years[table.years.length - 1];

  // --- the address ---
  function read() {
    var given = {};
    location.hash.slice(1).split("&").forEach(function (part) { var at = part.indexOf("="); if (at > 0) { given[part.slice(0, at)] = part.slice(at + 1); } });
    var ids = (given.i || "").split(",").map(function (one) { try { return decodeURIComponent(one); } catch (error) { return ""; } })
      .filter(function (id) { return Object.prototype.hasOwnProperty.call(figures.indicators, id); });
    var codes = given.r === "all" || given.r === undefined ? every : given.r.split(",");
    var years = (given.y || "").split("-").map(Number), known = function (year) { return table.years.indexOf(year) >= 0; };
    var from = known(years[0]) ? years[0] : first, to = known(years[1]) ? years[1] : years.length === 1 && known(years[0]) ? years[0] : last;
    var chosen = { i: given.i === undefined ? [table.indicators[0].id] : ids, y: [Math.min(from, to), Math.max(from, to)], d: given.d || "", v: VIEWS.indexOf(given.v) >= 0 ? given.v : "tiles" };
    chosen.i = table.indicators.map(function (one) { return one.id; }).filter(function (id) { return chosen.i.indexOf(id) >= 0; });
    chosen.r = there.map(function (one) { return one.code; }).filter(function (code) { return codes.indexOf(code) >= 0; });
    if (offered(chosen.i).indexOf(chosen.d) < 0) { chosen.d = ""; }
    return chosen;
  }
  function offered(ids) {
    return Object.keys(table.dimensions).filter(function (name) { return ids.some(function (id) { return figures.dimensions(id).indexOf(name) >= 0; }); });
  }
  function write(chosen) {
    var codes = chosen.r.join(",") === every.join(",") ? "all" : chosen.r.join(",");
    var text = "#i=" + chosen.i.map(encodeURIComponent).join(",") + "&r=" + codes + "&y=" + chosen.y.join("-") + (chosen.d ? "&d=" + chosen.d : "") + "&v=" + chosen.v;
    if (location.hash !== text) { location.hash = text; } else { show(); }
  }

  // --- the controls ---
  function many(name, groups) {
    var count = html("span", {}), found = [], list = html("div", { class: "picks" });
    var filter = html("input", { type: "search", autocomplete: "off", id: "filter-" + name }), made = html("details", { class: "many" }, html("summary", {}, words[name], count));
    groups.forEach(function (group) {
      var set = html("fieldset", {}, html("legend", {}, group[0]));
      group[1].forEach(function (pair) {
        var box = html("input", { type: "checkbox", value: pair[0], id: name + "-" + pair[0] }), label = html("label", { for: box.id }, pair[1]);
        box.addEventListener("change", changed);
        found.push(box);
        set.append(html("span", { class: "pick-one" }, box, label));
      });
      list.append(set);
    });
    filter.addEventListener("input", function () {
      var wanted = greenAsk.key(filter.value);
      list.querySelectorAll("fieldset").forEach(function (set) {
        var any = false;
        set.querySelectorAll(".pick-one").forEach(function (one) { one.hidden = greenAsk.key(one.textContent).indexOf(wanted) < 0; any = any || !one.hidden; });
        set.hidden = !any;
      });
    });
    var buttons = html("p", { class: "buttons" });
    made.append(html("p", {}, html("label", { for: filter.id }, words.filter, " "), filter), buttons, list);
    function set(values) { found.forEach(function (box) { box.checked = values.indexOf(box.value) >= 0; }); count.textContent = words.chosen(values.length); }
    function button(text, values) { var one = html("button", { type: "button" }, text); one.addEventListener("click", function () { set(values); changed(); }); buttons.append(one); }
    return { made: made, set: set, button: button, get: function () { return found.filter(function (box) { return box.checked; }).map(function (box) { return box.value; }); } };
  }
  function select(name, options) {
    var made = html("select", { id: "choose-" + name });
    options.forEach(function (pair) { made.append(html("option", { value: pair[0] }, pair[1])); });
    made.addEventListener("change", changed);
    return made;
  }
  var indicators = many("indicators", table.families.map(function (one) {
    return [one[english ? 1 : 0], one[2].map(function (id) { return [id, figures.name(id)]; })];
  }));
  indicators.button(words.noneMore, []);
  var regions = many("regions", [[words.regions, there.map(function (one) { return [one.code, figures.region(one.code)]; })]]);
  regions.button(words.allProvinces, every);
  regions.button(words.nationOnly, [nation]);
  regions.button(words.noneMore, []);
  var years = table.years.map(function (year) { return [String(year), words.year(year)]; });
  var from = select("from", years), to = select("to", years), part = select("part", []), views = html("fieldset", { class: "views" }, html("legend", {}, words.view));
  VIEWS.forEach(function (name) {
    var radio = html("input", { type: "radio", name: "view", value: name, id: "view-" + name });
    radio.addEventListener("change", changed);
    views.append(html("span", { class: "pick-one" }, radio, html("label", { for: radio.id }, words.views[name])));
  });
  var save = html("button", { type: "button", class: "save" }, words.save), status = html("p", { role: "status" }), results = html("div", { class: "results" });
  save.addEventListener("click", download);
  function labelled(text, control) { return html("span", { class: "labelled" }, html("label", { for: control.id }, text, " "), control); }
  place.append(html("div", { class: "chooser" }, indicators.made, regions.made,
    html("p", { class: "row" }, labelled(words.from, from), labelled(words.to, to), labelled(words.part, part)), views, html("p", { class: "buttons" }, save)), status, results);
  document.getElementById("explore-off").hidden = true;

  function changed() {
    var view = views.querySelector("input:checked"), low = Number(from.value), high = Number(to.value);
    write({ i: indicators.get(), r: regions.get(), y: [Math.min(low, high), Math.max(low, high)], d: part.value, v: view ? view.value : "tiles" });
  }

  // --- what was chosen ---
  function rows(chosen) {
    var span = table.years.filter(function (year) { return year >= chosen.y[0] && year <= chosen.y[1]; }), found = [];
    chosen.i.forEach(function (id) {
      var own = chosen.d && figures.dimensions(id).indexOf(chosen.d) >= 0 ? figures.parts(id, chosen.d) : [figures.whole];
      own.forEach(function (part) {
        chosen.r.forEach(function (code) {
          var cells = table.years.map(function (year) { return figures.cell(id, part, code, year); });
          found.push({ id: id, part: part, code: code, cells: cells, span: span });
        });
      });
    });
    return found;
  }
  function inSpan(row, cells) { return row.span.map(function (year) { return cells[table.years.indexOf(year)]; }); }

  function grid(all, chosen) {
    var several = chosen.i.length > 1, notes = [],
      heads = [words.region].concat(several ? words.indicator : [], chosen.d ? words.member : []), body = html("tbody", {}), span = all[0].span;
    all.slice(0, ROWS).forEach(function (row) {
      var line = html("tr", {}, html("th", { scope: "row" }, figures.region(row.code)), several ? html("td", {}, figures.name(row.id)) : null);
      if (chosen.d) { line.append(html("td", {}, row.part === figures.whole ? words.whole : figures.part(row.part))); }
      inSpan(row, row.cells).forEach(function (cell) {
        var box = html("td", { class: "right" + (cell.withheld ? " withheld" : "") }, figures.told(row.id, cell));
        cell.flags.forEach(function (flag) {
          if (notes.indexOf(flag) < 0) { notes.push(flag); }
          box.append(html("sup", {}, String(notes.indexOf(flag) + 1)));
        });
        line.append(box);
      });
      body.append(line);
    });
    var head = html("tr", {});
    heads.forEach(function (text) { head.append(html("th", { scope: "col" }, text)); });
    span.forEach(function (year) { head.append(html("th", { scope: "col", class: "right" }, words.year(year))); });
    var made = html("table", { class: "data" }, html("caption", {}, several ? words.tableSaid : figures.name(chosen.i[0])), html("thead", {}, head), body);
    var list = html("ol", { class: "notes" });
    notes.forEach(function (flag) { list.append(html("li", {}, figures.flag(flag))); });
    return [html("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": words.tableSaid }, made),
      html("p", { class: "note" }, words.hidden, all.length > ROWS ? " " + words.cut(ROWS) : ""), notes.length ? list : null];
  }
  function draw(all, chosen) {
    if (chosen.v === "table") { return []; }
    var width = Math.max(300, Math.min(760, place.clientWidth)), groups = [], drawn = [];
    all.forEach(function (row) {
      var name = chosen.v === "tiles" ? row.id + "|" + row.part : row.id, group = groups.find(function (one) { return one.name === name; });
      if (!group) { groups.push(group = { name: name, id: row.id, part: row.part, rows: [] }); }
      var called = row.part === figures.whole ? figures.region(row.code) : chosen.r.length > 1 ? figures.region(row.code) + " " + figures.part(row.part) : figures.part(row.part);
      group.rows.push({ name: called, code: row.code, cells: row.cells });
    });
    groups.slice(0, PICTURES).forEach(function (group) {
      var title = figures.name(group.id) + (chosen.v === "tiles" && group.part !== figures.whole ? " · " + figures.part(group.part) : ""), made;
      if (chosen.v === "line") {
        var span = all[0].span;
        made = greenPictures.lines(figures, group.id, group.rows.map(function (row) { return { name: row.name, code: row.code, cells: inSpan(all[0], row.cells) }; }), span, words, width);
      } else {
        title += english ? ", " + chosen.y[1] : "，" + words.year(chosen.y[1]);
        made = chosen.v === "bar" ? greenPictures.bars(figures, group.id, group.rows, chosen.y[1], words, width) : greenPictures.tiles(figures, group.id, group.rows, chosen.y[1], words);
      }
      drawn.push(html("div", { class: "drawn" }, html("h3", {}, title), made || html("p", {}, words.nothing),
        chosen.v === "bar" && group.rows.length > greenPictures.MOST ? html("p", { class: "note" }, words.bars(greenPictures.MOST)) : null, chosen.v === "tiles" && made ? html("p", { class: "source" }, words.tilesNote) : null));
    });
    if (groups.length > PICTURES) { drawn.push(html("p", { class: "note" }, words.pictures(PICTURES))); }
    return drawn;
  }
  function show() {
    if (shown && location.hash.indexOf("=") < 0 && location.hash.length > 1) { return; }  // a place on this page
    shown = read();
    render(shown);
  }
  function render(chosen) {
    var all = rows(chosen), hidden = 0;
    indicators.set(chosen.i);
    regions.set(chosen.r);
    from.value = String(chosen.y[0]);
    to.value = String(chosen.y[1]);
    part.replaceChildren.apply(part, [["", words.whole]].concat(offered(chosen.i).map(function (name) { return [name, table.dimensions[name][english ? 1 : 0]]; }))
      .map(function (pair) { return html("option", { value: pair[0] }, pair[1]); }));
    part.value = chosen.d;
    document.getElementById("view-" + chosen.v).checked = true;
    save.disabled = !all.length;
    if (!all.length) { status.textContent = words.empty; results.replaceChildren(); return; }
    all.forEach(function (row) { inSpan(row, row.cells).forEach(function (cell) { hidden += cell.withheld; }); });
    status.textContent = words.status(all.length, hidden);
    var meant = html("p", { class: "meant" }, words.about);
    chosen.i.forEach(function (id) { meant.append(html("a", { href: "#about-" + id }, figures.name(id)), " "); });
    results.replaceChildren.apply(results, draw(all, chosen).concat(grid(all, chosen), meant).filter(Boolean));
  }

  // --- CSV, as the downloads have it: exact values, 〔保密〕 for those that are withheld ---
  function download() {
    var chosen = shown, lines = [["indicator_id", "indicator", "unit", "region_code", "region", "dimension", "member", "part", "year", "value", "flag"]];
    rows(chosen).forEach(function (row) {
      var one = figures.indicators[row.id], own = table.parts[row.part];
      row.span.forEach(function (year) {
        var cell = row.cells[table.years.indexOf(year)];
        lines.push([row.id, figures.name(row.id), one.counted, row.code, figures.region(row.code), own[0] || "", own[1] || "", row.part === figures.whole ? "" : figures.part(row.part),
          year, cell.withheld ? "〔保密〕" : cell.value === null ? "" : cell.value, cell.withheld ? "suppressed" : cell.flags.join(",")]);
      });
    });
    var text = lines.map(function (line) {
      return line.map(function (value) {
        var said = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
        return /[",\r\n]/.test(said) ? '"' + said.replace(/"/g, '""') + '"' : said;
      }).join(",");
    }).join("\r\n");
    var link = document.createElement("a"), address = URL.createObjectURL(new Blob(["\ufeff" + text + "\r\n"], { type: "text/csv" }));
    link.href = address;
    link.download = place.dataset.code + "-choice.csv";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(address); }, 60000);
  }
  window.addEventListener("hashchange", show);
  var narrow = place.clientWidth;
  window.addEventListener("resize", function () { if (place.clientWidth !== narrow) { narrow = place.clientWidth; render(shown); } });
  show();
})();
