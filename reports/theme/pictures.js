// Draws a choice of the table of explore-data.js: lines over the years, bars, a tile grid. What a picture shows stands in the table
// below it too. A value that is not published is named, and is neither zero nor a gap.
var greenPictures = (function () {
  "use strict";
  var FEW = 8, MOST = 80, ROW = 24, HEIGHT = 300;
  var NICE = [1, 2, 2.5, 5, 10];

  function html(tag, attributes) {
    var made = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    made.append.apply(made, Array.prototype.slice.call(arguments, 2).filter(function (one) { return one !== null; }));
    return made;
  }
  function svg(tag, attributes, text) {
    var made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    if (text !== undefined) { made.textContent = text; }
    return made;
  }
  // About how wide a text of 12 px is.
  function wide(text) { return Array.from(text).reduce(function (sum, sign) { return sum + (sign.charCodeAt(0) > 0x2e7f ? 12 : 7); }, 0); }
  function step(span, parts) {
    var least = span / parts || 1, power = Math.pow(10, Math.floor(Math.log10(least)));
    return power * NICE.find(function (one) { return one * power >= least * 0.999; });
  }
  function ticks(low, high) {
    var by = step(high - low, 4), found = [];
    for (var at = Math.floor(low / by + 1e-9); at * by < high + by * 0.999; at += 1) { found.push(Number((at * by).toPrecision(10))); }
    return found;
  }
  function picture(width, height, label) { return svg("svg", { viewBox: "0 0 " + width + " " + height, role: "img", "aria-label": label, class: "picture" }); }

  // rows: [{name, code, cells: of each year}].
  function lines(figures, id, rows, years, words, width) {
    var few = rows.length <= FEW, values = [], hidden = years.map(function () { return 0; });
    rows.forEach(function (row) {
      row.cells.forEach(function (cell, at) { if (cell.value !== null) { values.push(cell.value); } if (cell.withheld) { hidden[at] += 1; } });
    });
    if (!values.length) { return null; }
    var marks = ticks(Math.min.apply(null, values), Math.max.apply(null, values)), low = marks[0], high = marks[marks.length - 1];
    var isNamed = function (row) { return few || row.code === figures.data.regions[0].code; };
    var right = Math.min(width * 0.34, 12 + Math.max.apply(null, rows.filter(isNamed).map(function (row) { return wide(row.name); }).concat(0)));
    var any = hidden.some(Boolean), bottom = any ? 52 : 28, drawn = picture(width, HEIGHT, words.lineSaid(figures.name(id), years, rows.length));
    var left = Math.max(30, 10 + Math.max.apply(null, marks.map(function (mark) { return wide(figures.print(id, mark)); })));
    var x = function (at) { return years.length < 2 ? (left + width - right) / 2 : left + (width - right - left - 20) * at / (years.length - 1); };
    var y = function (value) { return HEIGHT - bottom - (HEIGHT - bottom - 24) * (value - low) / (high - low || 1); };
    marks.forEach(function (mark) {
      drawn.append(svg("line", { x1: 0, x2: width - right, y1: y(mark), y2: y(mark), class: "rule" }), svg("text", { x: 0, y: y(mark) - 4, class: "tick" }, figures.print(id, mark)));
    });
    years.forEach(function (year, at) {
      drawn.append(svg("text", { x: x(at), y: HEIGHT - bottom + 18, class: "tick middle" }, String(year)));
      if (hidden[at]) { drawn.append(svg("text", { x: x(at), y: HEIGHT - 8, class: "tick middle withheld" }, rows.length > 1 ? words.hiddenCount(hidden[at]) : words.hiddenShort)); }
    });
    var ends = [];
    rows.forEach(function (row, place) {
      var path = "", last = null, kind = few ? " s-" + place : isNamed(row) ? " s-0 own" : " many";
      row.cells.forEach(function (cell, at) {
        if (cell.value === null) { last = null; return; }
        path += (last === null ? "M" : "L") + x(at).toFixed(1) + " " + y(cell.value).toFixed(1);
        last = at;
        if (few || !(row.cells[at - 1] || {}).value || !(row.cells[at + 1] || {}).value) {
          drawn.append(svg("circle", { cx: x(at).toFixed(1), cy: y(cell.value).toFixed(1), r: few ? 3.5 : 2, class: "dot" + kind }));
        }
      });
      if (path) { drawn.append(svg("path", { d: path, class: "line" + kind })); }
      var end = row.cells.map(function (cell) { return cell.value !== null; }).lastIndexOf(true);
      if (isNamed(row) && end >= 0 && ends.length < FEW) { ends.push({ name: row.name, at: few ? place : 0, y: y(row.cells[end].value) }); }
    });
    ends.sort(function (a, b) { return a.y - b.y; });
    ends.forEach(function (one, at) { one.y = Math.max(one.y, at ? ends[at - 1].y + 15 : 12); });
    for (var at = ends.length - 1, floor = HEIGHT - bottom; at >= 0; at -= 1) { ends[at].y = Math.min(ends[at].y, floor); floor = ends[at].y - 15; }
    ends.forEach(function (one) { drawn.append(svg("text", { x: width - right + 4, y: one.y + 4, class: "name s-" + one.at }, one.name)); });
    return drawn;
  }

  function bars(figures, id, rows, year, words, width) {
    var at = figures.data.years.indexOf(year), shown = rows.map(function (row) { return { name: row.name, code: row.code, cell: row.cells[at] }; });
    shown.sort(function (a, b) {
      var one = a.cell.value, other = b.cell.value;
      return one === null || other === null ? (one === null) - (other === null) || b.cell.withheld - a.cell.withheld : other - one;
    });
    shown = shown.slice(0, MOST);
    var values = shown.map(function (one) { return one.cell.value || 0; }), low = Math.min.apply(null, values.concat(0)), high = Math.max.apply(null, values.concat(0));
    var left = Math.min(width * 0.36, 12 + Math.max.apply(null, shown.map(function (one) { return wide(one.name); })));
    var right = 12 + Math.max.apply(null, shown.map(function (one) { return wide(figures.told(id, one.cell)); }));
    var scale = (width - left - right) / (high - low || 1), zero = left - low * scale, drawn = picture(width, shown.length * ROW + 8, words.barSaid(figures.name(id), year, shown.length));
    shown.forEach(function (one, place) {
      var y = place * ROW + 4, value = one.cell.value, length = Math.abs(value || 0) * scale;
      drawn.append(svg("text", { x: left - 6, y: y + 15, class: "tick end" }, one.name));
      if (value !== null) { drawn.append(svg("rect", { x: value < 0 ? zero - length : zero, y: y + 2, width: Math.max(length, 1), height: ROW - 8, class: one.code === figures.data.regions[0].code ? "bar-one own" : "bar-one" })); }
      drawn.append(svg("text", { x: value === null ? zero + 4 : (value < 0 ? zero : zero + length) + 5, y: y + 15, class: value === null ? "tick withheld" : "tick" }, figures.told(id, one.cell)));
    });
    return drawn;
  }

  // Limits of classes, round numbers, as those of the reports (charts/tilegrid).
  function limits(values) {
    var low = Math.min.apply(null, values), high = Math.max.apply(null, values), by = step(high - low, 6), first = Math.floor(low / by) * by + by, found = [];
    for (var at = 0; at < 5; at += 1) { found.push(Number((first + at * by).toPrecision(10))); }
    found = found.filter(function (one) { return one < high; });
    return found.length ? found : [first];
  }

  function tiles(figures, id, rows, year, words) {
    var at = figures.data.years.indexOf(year), by = {}, values = [];
    rows.forEach(function (row) { by[row.code] = row.cells[at]; if (row.cells[at].value !== null && figures.regions[row.code].at) { values.push(row.cells[at].value); } });
    if (!values.length) { return null; }
    var parts = limits(values), list = html("ol", { class: "tiles" });
    figures.data.regions.filter(function (one) { return one.at; }).forEach(function (one) {
      var cell = by[one.code], value = cell ? cell.value : null, told = cell ? figures.told(id, cell) : "—";
      var shade = value === null ? cell && cell.withheld ? "withheld" : "no-data" : "t-" + parts.filter(function (limit) { return value >= limit; }).length;
      var span = html("span", {}, html("span", { class: "sign" }, one.sign[figures.english ? 1 : 0]), html("span", { class: "name" }, figures.region(one.code)), html("span", { class: "number" }, told));
      list.append(html("li", { class: "tile r-" + one.at[0] + " c-" + one.at[1] + " " + shade }, span));
    });
    var legend = html("p", { class: "legend" }), said = parts.map(function (one) { return figures.print(id, one); });
    parts.concat(null).forEach(function (_, place) {
      var text = place === 0 ? words.below(said[0]) : place === parts.length ? words.above(said[place - 1]) : said[place - 1] + " – " + said[place];
      legend.append(html("span", { class: "swatch t-" + place }, text));
    });
    legend.append(html("span", { class: "swatch withheld" }, words.hiddenShort), html("span", { class: "swatch no-data" }, words.missing));
    return html("div", {}, list, legend);
  }
  return { MOST: MOST, html: html, lines: lines, bars: bars, tiles: tiles };
})();
