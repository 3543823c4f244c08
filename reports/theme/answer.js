// Answers a question that ask.js has read, from the table of explore-data.js alone; or says in a sentence what it cannot answer, or
// which readings there are. What was not asked is never answered.
var greenAnswer = (function () {
  "use strict";
  var LONGEST = 120, MANY = 8;
  var MEANS = { above: ">", below: "<", atleast: ">=", atmost: "<=", more: ">=", less: "<=" };
  var ELSE = { ">": "<=", "<": ">=", ">=": "<", "<=": ">" };
  var COUNTED = { "万": "ten thousand", "亿": "hundred million", "万亿": "trillion" };
  var CHINESE = {
    colon: "：", stop: "。", comma: "，", list: "、", parts: "；", hidden: "不予公布",
    op: { ">": "高于", "<": "低于", ">=": "不低于", "<=": "不高于" },
    inYear: function (region, year, name) { return region + " " + year + " 年" + (/^[A-Za-z0-9]/.test(name) ? " " : "") + name; },
    year: function (year) { return year + " 年"; },
    of: function (year, name) { return year + " 年" + (/^[A-Za-z0-9]/.test(name) ? " " : "") + name; },
    none: function (why) { return "没有数值" + (why ? "（" + why + "）" : ""); },
    note: function (said) { return "注：" + said; },
    others: function (hidden, missing, none) {
      var said = [hidden && hidden + " 个省份不予公布", missing && missing + " 个省份没有数值"].filter(Boolean).join("、");
      return said && (none ? said + "，不能判断。" : "另有 " + said + "，不在其中。");
    },
    before: function (year, said, there) { return year + (there ? " 年为 " : " 年") + said; },
    moved: function (up, amount, points) { return amount === "same" ? "持平" : amount === "alike" ? "基本持平" : (up ? "上升 " : "下降 ") + amount + (points ? " 个百分点" : "%"); },
    notCompared: "不能比较",
    some: function (what, op, count, said) { return what + op + (/[A-Za-z0-9%]$/.test(op) ? " " : "") + "的省份有 " + count + " 个：" + said; },
    nobody: function (what, op) { return "公布数值的省份中，" + what + "没有" + op + (/[A-Za-z0-9%]$/.test(op) ? " " : "") + "的"; },
    met: function (met, limit, op) { return (met ? "达到 " : "没有达到 ") + limit + "（" + op + " " + limit + "）"; },
    extreme: function (what, count, said, high, value) { return what + "在公布数值的 " + count + " 个省份中，" + said + (high ? "最高" : "最低") + "，为 " + value; },
    ends: function (what, count, n, high, said) { return what + "在公布数值的 " + count + " 个省份中，" + (high ? "最高" : "最低") + "的 " + n + " 个：" + said; },
    all: function (what, count, said) { return what + "，公布数值的 " + count + " 个省份由高到低：" + said; },
    rank: function (count, high, low) { return "在公布数值的 " + count + " 个省份中由高到低排第 " + high + "，由低到高排第 " + low; },
    whichWay: [["各省之中", "哪些省"], ["全国", "全国"]], allHidden: function (what) { return what + "：各省都没有公布的数值"; },
    meaning: function (name) { return name + "的算法、范围和依据见说明"; },
    alsoAsked: function (word) { return "“" + word + "”还可以指："; },
    whichOf: function (word) { return "“" + word + "”有几种意思，请选一种："; },
    refused: {
      long: "问题太长，请用不超过 120 个字来问",
      unknown: function (word) { return "不认识“" + word + "”，没有回答；可问指标、地区、年份，或某个数以上、以下的省份"; },
      not: function (word) { return "问题里有否定的词“" + word + "”，没有回答；请改问要什么"; },
      within: function (name, region) { return name + "没有单独的数值，它在" + region + "的数值之内"; },
      outside: function (name) { return "本站未发布" + name + "的数据"; },
      two: function (names) { return "一次只能问一个指标，这里问到了" + names; },
      nothing: "没有说要问哪个指标，如 PUE、绿电占比、用电量",
      part: function (name) { return "这里只回答不分项的数；“" + name + "”是一个分项，请在数据浏览页选择"; },
      relative: function (word) { return "请写出年份，不用“" + word + "”"; },
      year: function (year, first, last) { return "没有 " + year + " 年的数据；有 " + first + " 至 " + last + " 年"; },
      number: function (text) { return "不知道“" + text + "”指什么，没有回答"; },
      unit: function (name, unit) { return name + "的单位是 " + unit + "，请把数和单位写在一起，如 " + (unit === "%" ? "30%" : "100 " + unit); },
      noUnit: function (name) { return name + "没有单位，请只写数"; },
      direction: function (name) { return name + "没有规定高好还是低好，请用“高于”“低于”“最高”“最低”来问"; },
      form: "不能回答这样的问题；可问某地某年的一个指标、哪些省高于或低于某个数、最高或最低的省、排名、比上年"
    },
    top: function (n) { return [["最高的 " + n + " 个省", "最高的" + n + "个省"], ["最低的 " + n + " 个省", "最低的" + n + "个省"]]; }
  };
  var ENGLISH = {
    colon: ": ", stop: ".", comma: ", ", list: ", ", parts: "; ", hidden: "not published",
    op: { ">": "above", "<": "below", ">=": "at least", "<=": "at most" },
    inYear: function (region, year, name) { return name + ", " + region + ", " + year; },
    year: function (year) { return String(year); },
    of: function (year, name) { return name + ", " + year; },
    none: function (why) { return "no value" + (why ? " (" + why + ")" : ""); },
    note: function (said) { return "Note: " + said; },
    others: function (hidden, missing, none) {
      var said = [hidden && hidden + " not published", missing && missing + " without a value"].filter(Boolean).join(", ");
      return said && (none ? "Provinces that cannot be judged: " : "Provinces not counted: ") + said + ".";
    },
    before: function (year, said) { return year + ": " + said; },
    moved: function (up, amount, points) { return amount === "same" ? "unchanged" : amount === "alike" ? "practically unchanged" : (up ? "up " : "down ") + amount + (points ? " percentage points" : "%"); },
    notCompared: "no comparison",
    some: function (what, op, count, said) { return what + ": " + count + (count === 1 ? " province " : " provinces ") + op + ": " + said; },
    nobody: function (what, op) { return what + ": of the provinces with a published value none is " + op; },
    met: function (met, limit, op) { return (met ? "meeting " : "not meeting ") + limit + " (" + op + " " + limit + ")"; },
    extreme: function (what, count, said, high, value) { return what + ": of " + count + " provinces with a published value, " + (high ? "highest" : "lowest") + " in " + said + ": " + value; },
    ends: function (what, count, n, high, said) { return what + ": of " + count + " provinces with a published value, the " + n + (high ? " highest: " : " lowest: ") + said; },
    all: function (what, count, said) { return what + ", the " + count + " provinces with a published value, from high to low: " + said; },
    rank: function (count, high, low) { return "of " + count + " provinces with a published value no. " + high + " from the highest, no. " + low + " from the lowest"; },
    whichWay: [["among provinces", "which provinces"], ["in China as a whole", "China"]], allHidden: function (what) { return what + ": no province has a published value"; },
    meaning: function (name) { return name + ": formula, scope and basis stand in the definition"; },
    alsoAsked: function (word) { return "“" + word + "” can also mean:"; },
    whichOf: function (word) { return "“" + word + "” has several meanings, please choose:"; },
    refused: {
      long: "The question is too long; please use at most 120 characters",
      unknown: function (word) { return "“" + word + "” is not known, so there is no answer; you can ask for an indicator, a region, a year, or provinces above or below a number"; },
      not: function (word) { return "The question holds a negation, “" + word + "”, so there is no answer; please ask for what you want"; },
      within: function (name, region) { return name + " has no values of its own; it is included in " + region; },
      outside: function (name) { return "This site does not publish data of " + name; },
      two: function (names) { return "One indicator at a time, please; here are " + names; },
      nothing: "Please say which indicator, such as PUE, green power share or electricity use",
      part: function (name) { return "Only values of the whole are answered here; “" + name + "” is a part, which can be chosen on the page of the data"; },
      relative: function (word) { return "Please give the year instead of “" + word + "”"; },
      year: function (year, first, last) { return "There are no data for " + year + ", only for " + first + " to " + last; },
      number: function (text) { return "It is not clear what “" + text + "” means, so there is no answer"; },
      unit: function (name, unit) { return name + " is counted in " + unit + "; please write number and unit together, such as " + (unit === "%" ? "30%" : "100 " + unit); },
      noUnit: function (name) { return name + " has no unit; please write the number alone"; },
      direction: function (name) { return name + ": whether high or low is better is not set; please ask with above, below, highest or lowest"; },
      form: "Such a question cannot be answered; you can ask for an indicator of a region and year, provinces above or below a number, the highest or lowest, a rank, or the change from last year"
    },
    top: function (n) { return [["the " + n + " highest", "highest " + n], ["the " + n + " lowest", "lowest " + n]]; }
  };

  // A question with another word in the place of one.
  function put(text, word, other) {
    return (text.slice(0, word.at) + " " + other + " " + text.slice(word.end)).replace(/\s+/g, " ").trim();
  }

  function make(figures) {
    var say = figures.english ? ENGLISH : CHINESE, data = figures.data, no = say.refused;
    var words = greenAsk.lexicon(data, function (code) { return figures.regions[code].there; });
    var nation = data.regions[0].code;
    var provinces = data.regions.filter(function (one) { return one.at && one.there; }).map(function (one) { return one.code; });

    function refused(text, more) { return Object.assign({ kind: "refused", text: text + say.stop, readings: [] }, more); }
    function answer(text, id, codes, years, view, more) {
      var choice = { i: [id], r: codes, y: [years[0], years[years.length - 1]], v: view };
      return Object.assign({ kind: "answer", text: text, about: id, choice: choice, readings: [] }, more);
    }
    function ambiguous(word, readings, text) {
      return { kind: "ambiguous", text: say.whichOf(word.text), readings: readings.map(function (one) {
        return { text: one[0], ask: put(text, word, one[1]) };
      }) };
    }
    function get(id, code, year) { return figures.cell(id, figures.whole, code, year); }
    // A value as a sentence tells it, with why there is none.
    function told(id, found) {
      if (found.withheld) { return say.hidden; }
      return found.value === null ? say.none(found.flags.map(figures.flag).join(say.parts)) : figures.print(id, found.value);
    }
    function noted(cells) {
      var flags = [];
      cells.forEach(function (one) { if (one.value !== null) { flags = flags.concat(one.flags); } });
      flags = flags.filter(function (one, at) { return flags.indexOf(one) === at; });
      return flags.length ? (figures.english ? " " : "") + say.note(flags.map(figures.flag).join(say.parts)) + say.stop : "";
    }
    // All provinces in a year: those with a value from high to low, and how many have none.
    function standing(id, year) {
      var found = provinces.map(function (code) { return { code: code, cell: get(id, code, year) }; });
      var shown = found.filter(function (one) { return one.cell.value !== null; });
      shown.sort(function (a, b) { return b.cell.value - a.cell.value || (a.code < b.code ? -1 : 1); });
      var hidden = found.filter(function (one) { return one.cell.withheld; }).length;
      return { shown: shown, hidden: hidden, missing: found.length - shown.length - hidden };
    }
    function others(standing, none) {
      var said = say.others(standing.hidden, standing.missing, none);
      return said ? (figures.english ? " " : "") + said : "";
    }
    function named(list, id, limit) {
      return list.map(function (one) {
        var value = one.cell.value;
        return figures.region(one.code) + " " + (limit === undefined ? figures.print(id, value) : figures.against(id, value, limit));
      }).join(say.list);
    }

    // What a question asks for, by the kinds of its words: {id, regions, years ...}, or {refusal}.
    function sort(text, list) {
      var of = function (kind) { return list.filter(function (one) { return one.kind === kind; }); };
      var first = function (kind) { return of(kind)[0]; };
      var asked = { has: function () { return Array.prototype.some.call(arguments, first); }, of: of, first: first };
      function stop(found) { return { stop: found }; }
      if (first("unknown")) { return stop(refused(no.unknown(first("unknown").text.slice(0, 20)))); }
      if (first("not")) { return stop(refused(no.not(first("not").text))); }
      if (first("within")) {
        var of_ = first("within").values[0].split(" ")[0];
        return stop(refused(no.within(first("within").text, figures.region(of_))));
      }
      if (first("outside")) { return stop(refused(no.outside(figures.region(first("outside").values[0])))); }
      if (first("relative")) { return stop(refused(no.relative(first("relative").text))); }
      var vague = list.find(function (one) { return one.values.length > 1 && (one.kind === "indicator" || one.kind === "region"); });
      var ids = of("indicator").map(function (one) { return one.values[0]; });
      var other = ids.filter(function (id, at) { return ids.indexOf(id) === at; });
      if (other.length > 1) { return stop(refused(no.two(other.map(figures.name).join(say.list)))); }
      if (!ids.length) { return stop(refused(no.nothing)); }
      if (first("part")) { return stop(refused(no.part(first("part").text), { choice: partly(ids[0], first("part").values[0]) })); }
      if (vague) {
        var name = vague.kind === "indicator" ? figures.name : figures.region;
        return stop(ambiguous(vague, vague.values.map(function (one) { return [name(one), name(one)]; }), text));
      }
      asked.id = ids[0];
      asked.codes = of("region").map(function (one) { return one.values[0]; })
        .filter(function (code, at, all) { return all.indexOf(code) === at; });
      return asked;
    }
    function partly(id, place) {
      var dimension = data.parts[place][0];
      var has = figures.dimensions(id).indexOf(dimension) >= 0;
      return { i: [id], r: [nation], y: [data.years[0], data.years[data.years.length - 1]], v: "table", d: has ? dimension : "" };
    }

    // Numbers are years, limits, or how many; each has its place beside other words.
    function numbers(asked, list) {
      var used = new Set(), years = [], limits = [], counts = [], base = null;
      function isYear(one) { return one && one.kind === "number" && !one.unit && !one.scale && (one.isYear || /^(19|20|21)\d\d$/.test(one.shown)); }
      list.forEach(function (one, at) {
        var next = list[at + 1], after = list[at + 2], then = list[at + 3];
        if (one.kind === "number" && next && (next.kind === "more" || next.kind === "less") && !isYear(one) && !one.isYear) {
          limits.push({ op: MEANS[next.kind], number: one, word: next });
          used.add(one).add(next);
        } else if (["above", "below", "atleast", "atmost", "reach", "miss"].indexOf(one.kind) >= 0 && next && next.kind === "number" && !next.isYear && !isYear(next) && !used.has(next)) {
          limits.push({ op: MEANS[one.kind], kind: one.kind, number: next, word: one });
          used.add(one).add(next);
        } else if (one.kind === "than" && isYear(next) && after && after.kind === "to" && isYear(then)) {
          used.add(one);  // from 2020 to 2025
        } else if (one.kind === "than" && isYear(next)) {
          base = base === null ? next.values[0] : NaN;
          used.add(one).add(next);
        } else if (isYear(one) && next && next.kind === "to" && isYear(after) && !used.has(one)) {
          years.push([one.values[0], after.values[0]]);
          used.add(one).add(next).add(after);
        } else if ((one.kind === "top" || one.kind === "bottom") && isCount(next)) {
          counts.push(next.values[0]);
          used.add(next);
        } else if ((one.kind === "highest" || one.kind === "lowest") && counted(list, at)) {
          counts.push(counted(list, at).values[0]);
          used.add(counted(list, at));
        }
      });
      list.forEach(function (one, at) {
        if (one.kind === "each" && used.has(list[at - 1])) { used.add(one); }
        if (isYear(one) && !used.has(one)) { years.push([one.values[0], one.values[0]]); used.add(one); }
      });
      var stray = list.find(function (one) {
        return !used.has(one) && ["number", "numeral", "more", "less", "above", "below", "atleast", "atmost", "reach", "miss", "to", "than", "each"].indexOf(one.kind) >= 0;
      });
      return Object.assign(asked, { years: years, limits: limits, counts: counts, base: base, stray: stray });
    }
    function isCount(one) {
      return one && (one.kind === "numeral" || (one.kind === "number" && !one.isYear && !one.scale && one.unit !== "%" && /^[1-9]\d?$/.test(one.shown)));
    }
    // 最高的五个, 5 highest: the number beside, with nothing but small words between.
    function counted(list, at) {
      var after = list.slice(at + 1).find(function (one) { return one.kind !== "fill"; });
      return isCount(after) ? after : isCount(list[at - 1]) ? list[at - 1] : null;
    }

    // The value of a limit in the unit of the table, or a refusal.
    function limited(id, number) {
      var one = figures.indicators[id], unit = number.unit, scale = greenAsk.SCALES[number.scale] || 1;
      var own = one.scale === "percent" ? "%" : one.unit[0], value = Number(number.shown + "e0");
      var name = figures.name(id), shown = figures.number(number.shown, (number.shown.split(".")[1] || "").length);
      if (one.scale === "percent") {
        return unit === "%" && !number.scale ? { value: Number(number.shown + "e-2"), shown: shown + "%" } : { stop: refused(no.unit(name, "%")) };
      }
      if (!own) { return unit || number.scale ? { stop: refused(no.noUnit(name)) } : { value: value, shown: shown }; }
      var fits = one.unit.some(function (each) { return greenAsk.key(each) === unit; });  // what is counted has no unit in English
      var part = one.power && greenAsk.key(own.slice(1)) === unit;
      if (!fits && !part) { return { stop: refused(no.unit(name, figures.english && one.unit[1] ? one.unit[1] : own)) }; }
      value = part ? value * scale / Math.pow(10, one.power) : value * scale;
      return { value: value, shown: shown + " " + (figures.english && COUNTED[number.scale] || number.scale) + (figures.english && number.scale || /^[a-z]/.test(number.scale) ? " " : "") + (part ? own.slice(1) : one.unit[figures.english ? 1 : 0]) };
    }
    function comparison(asked) {
      var found = asked.limits[0], better = figures.indicators[asked.id].better, limit = limited(asked.id, found.number);
      if (limit.stop) { return limit; }
      var op = found.op, said = (say.op[op] || "") + " " + limit.shown;
      if (found.kind === "reach" || found.kind === "miss") {
        if (!better) { return { stop: refused(no.direction(figures.name(asked.id))) }; }
        op = better === "higher" ? ">=" : "<=";
        var met = op;
        if (found.kind === "miss") { op = ELSE[op]; }
        said = say.met(found.kind === "reach", limit.shown, say.op[op]);
      }
      return { op: op, value: limit.value, said: said, shown: limit.shown, met: met };
    }
    function holds(value, by) {
      var side = figures.compare(value, by.value);
      return by.op === ">" ? side > 0 : by.op === "<" ? side < 0 : by.op === ">=" ? side >= 0 : side <= 0;
    }

    // --- the forms of questions ---
    function values(asked) {
      var codes = asked.codes.length ? asked.codes : [nation], id = asked.id, name = figures.name(id), cells = [], text;
      var years = asked.span;
      codes.forEach(function (code) { years.forEach(function (year) { cells.push(get(id, code, year)); }); });
      if (cells.length === 1) { text = say.inYear(figures.region(codes[0]), years[0], name) + say.colon + told(id, cells[0]); } else {
        text = name + say.colon + codes.map(function (code) {
          return years.map(function (year) {
            var cell = get(id, code, year), gap = cell.value === null && !figures.english ? "" : " ";
            return figures.region(code) + " " + say.year(year) + gap + told(id, cell);
          }).join(say.list);
        }).join(say.parts);
      }
      return answer(text + say.stop + noted(cells), id, codes, years, years.length > 1 ? "line" : "table");
    }
    function changed(asked) {
      var codes = asked.codes.length ? asked.codes : [nation], id = asked.id, year = asked.span[0];
      var before = asked.base === null ? year - 1 : asked.base, code = codes[0], now = get(id, code, year), then = get(id, code, before);
      if (codes.length > 1 || asked.span.length > 1 || before >= year) { return refused(no.form); }
      if (data.years.indexOf(before) < 0) { return refused(no.year(before, data.years[0], data.years[data.years.length - 1])); }
      var text = say.inYear(figures.region(code), year, figures.name(id)) + say.colon + told(id, now) + say.comma + say.before(before, told(id, then), then.value !== null);
      text += say.comma + (now.value === null || then.value === null ? say.notCompared : moved(id, then.value, now.value));
      return answer(text + say.stop + noted([now, then]), id, codes, [before, year], "line");
    }
    function moved(id, before, after) {
      var points = figures.indicators[id].scale === "percent", up = after > before;
      if (before === after) { return say.moved(up, "same"); }
      if (before === 0 && !points) { return say.notCompared; }
      var by = Math.abs((after - before) * 100 / (points ? 1 : Math.abs(before)));
      var amount = figures.number(Number(by.toPrecision(12)), 1);
      return say.moved(up, /[1-9]/.test(amount) ? amount : "alike", points);
    }
    function which(asked) {
      var id = asked.id, year = asked.span[0], all = standing(id, year), what = say.of(year, figures.name(id)), by = comparison(asked);
      if (by.stop) { return by.stop; }
      if (!all.shown.length) { return answer(say.allHidden(what) + say.stop + others(all, true), id, provinces, [year], "bar"); }
      var found = all.shown.filter(function (one) { return holds(one.cell.value, by); });
      if (by.op[0] === "<") { found.reverse(); }
      var text = found.length ? say.some(what, by.said, found.length, named(found, id, by.value)) : say.nobody(what, by.said);
      return answer(text + say.stop + others(all, !found.length), id, provinces, [year], "bar");
    }
    function whether(asked) {
      var id = asked.id, code = asked.codes[0], year = asked.span[0], cell = get(id, code, year), by = comparison(asked);
      if (by.stop) { return by.stop; }
      var text = say.inYear(figures.region(code), year, figures.name(id)) + say.colon;
      if (cell.value === null) { return answer(text + told(id, cell) + say.stop, id, [code], [year], "table"); }
      var op = holds(cell.value, by) ? by.op : ELSE[by.op], said = say.op[op] + " " + by.shown;
      if (by.met) { said = say.met(by.met === op, by.shown, say.op[op]); }
      return answer(text + figures.against(id, cell.value, by.value) + say.comma + said + say.stop + noted([cell]), id, [code], [year], "table");
    }
    function extremes(asked, high, n) {
      var id = asked.id, year = asked.span[0], all = standing(id, year), what = say.of(year, figures.name(id)), list = all.shown.slice();
      if (!list.length) { return answer(say.allHidden(what) + say.stop + others(all, true), id, provinces, [year], "bar"); }
      if (!high) { list.reverse(); }
      var last = list[Math.min(n, list.length) - 1].cell.value;
      var found = list.filter(function (one, at) { return at < n || figures.compare(one.cell.value, last) === 0; });
      var names = found.map(function (one) { return figures.region(one.code); }).join(say.list);
      var text = n === 1 ? say.extreme(what, list.length, names, high, figures.print(id, last)) :
        say.ends(what, list.length, found.length, high, named(found, id));
      return answer(text + say.stop + others(all), id, provinces, [year], "bar");
    }
    function listed(asked) {
      var id = asked.id, year = asked.span[0], all = standing(id, year), what = say.of(year, figures.name(id));
      if (!all.shown.length) { return answer(say.allHidden(what) + say.stop + others(all, true), id, provinces, [year], "bar"); }
      return answer(say.all(what, all.shown.length, named(all.shown, id)) + say.stop + others(all), id, provinces, [year], "bar");
    }
    function ranked(asked) {
      var id = asked.id, code = asked.codes[0], year = asked.span[0], all = standing(id, year), cell = get(id, code, year);
      var text = say.inYear(figures.region(code), year, figures.name(id)) + say.colon + told(id, cell);
      if (cell.value === null) { return answer(text + say.stop, id, [code], [year], "table"); }
      function beyond(side) { return 1 + all.shown.filter(function (one) { return figures.compare(one.cell.value, cell.value) === side; }).length; }
      return answer(text + say.comma + say.rank(all.shown.length, beyond(1), beyond(-1)) + say.stop + others(all), id, provinces, [year], "bar");
    }

    // Which form the question has; whatever fits none is refused.
    function form(asked, text) {
      var id = asked.id, one = figures.indicators[id], has = asked.has, sides = ["highest", "lowest", "best", "worst", "top", "bottom"].filter(function (kind) { return has(kind); });
      var isProvince = asked.codes.length === 1 && provinces.indexOf(asked.codes[0]) >= 0;
      var wide = !asked.codes.length || (asked.codes.length === 1 && asked.codes[0] === nation);
      var which_ = has("which", "count", "places"), single = asked.span.length === 1;
      var kinds = [has("meaning"), has("change") || asked.base !== null, has("series"), asked.limits.length > 0, sides.length > 0, has("rank")].filter(Boolean).length;
      if (kinds > 1 && !(kinds === 2 && has("rank") && sides.length && !isProvince)) { return refused(no.form); }
      if (has("moves") && !(has("change") || asked.base !== null)) { return refused(no.form); }
      if (has("latest") && asked.years.length) { return refused(no.form); }
      if (has("meaning")) {
        return which_ || asked.codes.length || asked.years.length ? refused(no.form) : answer(say.meaning(figures.name(id)) + say.stop, id, [nation], data.years, "table");
      }
      if (has("change") || asked.base !== null) { return which_ ? refused(no.form) : changed(asked); }
      if (has("series")) { return which_ || asked.years.length || asked.codes.length > 1 ? refused(no.form) : values(Object.assign(asked, { span: data.years })); }
      if (asked.limits.length) {
        if (asked.limits.length > 1 || !single) { return refused(no.form); }
        if (which_) { return wide ? which(asked) : refused(no.form); }
        if (asked.codes.length) { return asked.codes.length === 1 ? whether(asked) : refused(no.form); }
        return ambiguous({ text: text.trim(), at: 0, end: 0 }, say.whichWay, text);
      }
      if (sides.length) {
        var kind = sides[0], n = asked.counts[0] || 1, word = asked.first(kind);
        var both = sides.length > 1 && !(sides.length === 2 && has("highest", "lowest") && has("top"));
        if (both || !wide || !single || asked.counts.length > 1 || (has("top", "bottom") && !asked.counts.length)) { return refused(no.form); }
        if (kind === "highest" || kind === "lowest") { return extremes(asked, kind === "highest", n); }
        if ((kind === "best" || kind === "worst") && !one.better) { return refused(no.direction(figures.name(id))); }
        if (kind === "best" || kind === "worst") { return extremes(asked, (kind === "best") === (one.better === "higher"), n); }
        if (one.better === "lower" && one.kind !== "sum" && one.kind !== "count") {
          var end = asked.words[asked.words.indexOf(word) + 1].end;
          return ambiguous({ text: text.slice(word.at, end), at: word.at, end: end }, kind === "top" ? say.top(n) : say.top(n).reverse(), text);
        }
        return extremes(asked, kind === "top", n);
      }
      if (has("rank")) { return isProvince && single && !which_ ? ranked(asked) : wide && single ? listed(asked) : refused(no.form); }
      if (has("count", "places") && !has("which")) { return refused(no.form); }
      if (which_) { return has("which") && wide && single ? listed(asked) : refused(no.form); }
      return asked.codes.length * asked.span.length > MANY * data.years.length ? refused(no.form) : values(asked);
    }

    return function (question) {
      if (Array.from(question).length > LONGEST) { return refused(no.long); }
      var read = greenAsk.parse(words, question), list = read.words;
      if (!list.length) { return question.trim() ? refused(no.nothing) : { kind: "empty", text: "", readings: [] }; }
      var asked = sort(read.text, list);
      if (asked.stop) { return asked.stop; }
      asked.words = list;
      numbers(asked, list);
      if (asked.stray) { return refused(no.number(asked.stray.text)); }
      asked.span = [];
      asked.years.forEach(function (range) {
        for (var year = range[0]; year <= range[1]; year += 1) { if (asked.span.indexOf(year) < 0) { asked.span.push(year); } }
        if (range[1] < range[0]) { asked.span.push(NaN); }
      });
      asked.span.sort();
      var lost = asked.span.find(function (year) { return data.years.indexOf(year) < 0; });
      if (lost !== undefined) { return isNaN(lost) ? refused(no.form) : refused(no.year(lost, data.years[0], data.years[data.years.length - 1])); }
      if (!asked.span.length) { asked.span = [data.years.indexOf(data.year) >= 0 ? data.year : data.years[data.years.length - 1]]; }
      var found = form(asked, read.text), word = asked.first("indicator");
      if (found.kind === "answer" && greenAsk.key(word.text) !== greenAsk.key(figures.name(asked.id))) {
        var others = data.indicators.filter(function (one) {
          return one.id !== asked.id && one.name.some(function (name) { return greenAsk.key(name).indexOf(greenAsk.key(word.text)) >= 0; });
        });
        found.also = others.length ? say.alsoAsked(word.text) : "";
        found.readings = others.map(function (one) {
          return { text: figures.name(one.id), ask: put(read.text, word, figures.name(one.id)) };
        });
      }
      return found;
    };
  }
  return make;
})();
