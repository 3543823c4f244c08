// Reads questions such as 广东 2025 PUE. Every sign must belong to a word that is known: names of indicators and regions, years, a
// few words of comparison; what remains is told as unknown. Nothing is guessed. answer.js says what a question means.
var greenAsk = (function () {
  "use strict";
  var OLD = "廣广東东陝陕雲云貴贵寧宁遼辽龍龙內内臺台灣湾門门慶庆蘇苏區区綠绿電电佔占總总單单業业務务標标準准機机設设備备據据數数國国個个" +
    "間间較较達达過过於于沒没這这幾几請请問问為为嗎吗與与歷历趨趋勢势變变動动減减長长萬万億亿點点係系統统計计資资訊讯聯联網网絡络處处" +
    "場场劃划價价氣气熱热質质級级類类種种術术產产環环廢废節节監监測测陸陆濟济庫库樞枢紐纽雙双購购費费該该從从還还無无邊边員员實实際际" +
    "報报導导評评審审麼么誰谁義义釋释徑径說说麽么";
  var SIMPLE = {};
  for (var place = 0; place < OLD.length; place += 2) { SIMPLE[OLD.charAt(place)] = OLD.charAt(place + 1); }
  var NUMERALS = { "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10 };
  var SCALES = { "万亿": 1e12, "亿": 1e8, "万": 1e4, "trillion": 1e12, "billion": 1e9, "million": 1e6 };
  var SAME = { "千瓦时": "kwh", "吨标准煤": "tce", percent: "%" };
  // kind: [Chinese words, English words and phrases]
  var WORDS = {
    fill: ["的 是 为 有 了 吗 呢 啊 请问 请 查 查询 查一下 看看 告诉我 我想知道 想知道 多少 是多少 有多少 数值 在 和 与 及 以及 跟 年度 是否 有没有",
      "what|was|were|is|are|the|a|an|of|in|for|and|how much|please|show me|show|tell me|value|does|do|did|has|have|that|whose|with|which|by|figure"],
    which: ["哪些省 哪个省 哪几个省 哪些省份 哪个省份 哪几个省份 哪些地区 哪个地区 哪些 哪个 哪省 各省 各省份 各地 各地区 所有省 所有省份",
      "which province|which provinces|each province|all provinces|every province"],
    places: ["省 省份", "province|provinces"], each: ["个 名 位", ""],
    count: ["多少个省 多少省 几个省 多少个省份 多少省份 有多少个省 有几个省 有多少个省份", "how many provinces|number of provinces"],
    above: ["高于 大于 超过 多于 超出 >", "above|over|more than|higher than|greater than|exceed|exceeds|exceeding|exceeded"],
    below: ["低于 小于 少于 不足 不到 不满 <", "below|under|less than|lower than|fewer than"],
    atleast: ["不低于 不小于 不少于 至少 >= ≥", "at least|no less than|not less than|not lower than|not below"],
    atmost: ["不高于 不大于 不超过 不多于 至多 <= ≤", "at most|no more than|not more than|not higher than|not above|not over"],
    reach: ["达到 达到了 已达到 已经达到 有没有达到 是否达到 是否已达到 能否达到", "reach|reaches|reached|meet|meets|met"],
    miss: ["没有达到 没达到 未达到 尚未达到 还没有达到 没能达到 未能达到 达不到",
      "did not reach|do not reach|does not reach|have not reached|has not reached|not reached|not reach|failed to reach|fail to reach|" +
      "did not meet|do not meet|does not meet|have not met|has not met|not met|not meet"],
    more: ["以上 及以上", "or more|or above|or higher"], less: ["以下 及以下 以内", "or less|or below|or lower"],
    highest: ["最高 最多 最大", "highest|most|largest|maximum"], lowest: ["最低 最少 最小", "lowest|least|smallest|minimum"],
    best: ["最好 最优 最佳", "best"], worst: ["最差 最坏", "worst"],
    top: ["前", "top"], bottom: ["后 倒数", "bottom"],
    rank: ["排名 排第几 排名第几 第几 第几名 第几位 排几位 排第几位 排第几名 名次 位次", "rank|ranks|ranking|ranked"],
    change: ["比上年 较上年 比去年 较去年 同比 与上年相比 与去年相比 和上年相比 和去年相比 和上年比 和去年比 与上年比 比前一年 较前一年 比上一年 较上一年",
      "from last year|compared with last year|compared to last year|than last year|on last year|year on year|versus last year"],
    than: ["比 较", "compared with|compared to|versus|from"],
    moves: ["变化 变动 上升 下降 增加 减少 增长 提高 降低 升高", "change|changed|changes|rise|rose|fall|fell|increase|increased|decrease|decreased"],
    series: ["历年 逐年 各年 每年 历年来", "by year|each year|every year|over the years|all years|time series"],
    to: ["至 到 ~ -", "to"],
    meaning: ["是什么 什么是 什么意思 是什么意思 怎么算 怎样算 怎样计算 如何计算 怎么计算 怎么算的 定义 口径 说明 含义", "definition|definition of|define|meaning of|meaning"],
    latest: ["最新", "latest|newest|most recent"], relative: ["今年 去年 上年 前年 明年", "this year|last year|next year"],
    not: ["不 不是 没有 没 未 非 除 除了 除去 以外 之外 不含 不包括 不要 别 无 没有数据 不在", "not|no|except|without|excluding|other than|never|none|isn't|doesn't|don't"]
  };
  var ORDER = ["indicator", "region", "outside", "within"];  // of the kinds of one word, the first is meant; a part is the last

  function folded(text) {
    var plain = text.normalize("NFKC").toLowerCase();
    return Array.from(plain).map(function (sign) { return SIMPLE[sign] || sign; }).join("")
      .replace(/[\u2212\u2013\u2014]/g, "-").replace(/(\d),(?=\d{3}(?!\d))/g, "$1").replace(/\bcenter/g, "centre");
  }
  var BETWEEN = /[\s\u200b-\u200d\u2060\ufeff\u00ad、,;:。.?!"'\u2018\u2019\u201c\u201d「」『』《》()·_\/\[\]【】\u3000]/;

  // The signs of a text that are read. glued: nothing stands between it and the one before; at, end: its place in the text.
  function signs(text) {
    var all = Array.from(text), found = [], at = 0, glued = false;
    all.forEach(function (sign, place) {
      var beside = /\d/.test(all[place - 1] || "") && /\d/.test(all[place + 1] || "");
      var skip = (BETWEEN.test(sign) && !(sign === "." && beside)) || (sign === "-" && !/\d/.test(all[place + 1] || ""));
      if (!skip) { found.push({ sign: sign, glued: glued, at: at, end: at + sign.length }); }
      glued = !skip;
      at += sign.length;
    });
    return found;
  }
  function key(text) { return signs(folded(text)).map(function (one) { return one.sign; }).join(""); }
  function own(object, name) { return Object.prototype.hasOwnProperty.call(object, name); }
  function bare(name) { return name.replace(/\s*[（(][^（）()]*[）)]$/, ""); }

  // Every word that is known: its signs -> [{kind, value}].
  function lexicon(data, there) {
    var known = new Map(), units = new Set(), whole = new Set(), longest = 0;
    function add(text, kind, value) {
      var at = key(text), list = known.get(at) || [];
      if (!at || list.some(function (one) { return one.kind === kind && one.value === value; })) { return; }
      known.set(at, list.concat({ kind: kind, value: value }));
      longest = Math.max(longest, Array.from(at).length);
    }
    Object.keys(WORDS).forEach(function (kind) {
      WORDS[kind][0].split(" ").concat(WORDS[kind][1].split("|")).forEach(function (word) { add(word, kind, word); });
    });
    known.set("-", [{ kind: "to", value: "-" }]);
    data.parts.forEach(function (one, place) {
      if (one[0] !== null) { add(one[2], "part", place); add(one[3], "part", place); }
    });
    data.regions.forEach(function (one) {
      one.keys.concat(one.name).forEach(function (name) {
        if (!/^[a-z]{1,2}$/.test(name)) { add(name, there(one.code) ? "region" : "outside", one.code); }
      });
      one.within.forEach(function (name) { add(name, "within", one.code + " " + name); });
    });
    data.indicators.forEach(function (one) {
      one.name.concat(one.aliases).forEach(function (name) { add(name, "indicator", one.id); whole.add(key(name)); });
      one.unit.concat(one.power ? one.unit[0].slice(1) : []).forEach(function (unit) { if (unit) { units.add(key(unit)); } });
    });
    data.indicators.forEach(function (one) {  // without what stands in brackets, where nothing else is called so
      one.name.map(bare).forEach(function (name) { if (!whole.has(key(name))) { add(name, "indicator", one.id); } });
    });
    return { known: known, units: units, longest: longest };
  }

  // A question as [{kind, values, text, at, end}] in the order of its words. kind `unknown` is what no word has; at, end: where in
  // `text` it stands.
  function parse(words, text) {
    var whole = folded(text), plain = whole.length === text.length ? text : whole, read = signs(whole), found = [], at = 0;
    function part(from, to) { return read.slice(from, to).map(function (one) { return one.sign; }).join(""); }
    // Whether a word may begin, or end, before the sign `at`: not among letters, nor among digits.
    function apart(at) {
      return at <= 0 || at >= read.length || !read[at].glued || !/^([a-z]{2}|[0-9]{2})$/.test(read[at - 1].sign + read[at].sign);
    }
    function longest(from, known) {
      for (var to = Math.min(read.length, from + words.longest); to > from; to -= 1) {
        if (apart(from) && apart(to) && known(part(from, to))) { return to; }
      }
      return from;
    }
    function token(kind, values, from, to, more) {
      var one = { kind: kind, values: values, text: plain.slice(read[from].at, read[to - 1].end), at: read[from].at, end: read[to - 1].end };
      found.push(Object.assign(one, more));
      return to;
    }
    function digits(from) {
      var to = from, minus = read[from].sign === "-" && read[from + 1] && read[from + 1].glued;
      if (minus) { to += 1; }
      while (to < read.length && /[\d.]/.test(read[to].sign) && (to === from || read[to].glued)) { to += 1; }
      return /^-?\d+(\.\d+)?$/.test(part(from, to)) ? to : from;
    }
    // A number with what follows it: a scale, a unit, %, 年.
    function number(from, to) {
      var value = Number(part(from, to)), scale = "", unit = "", next = to, isYear = false;
      function take(known) { var end = longest(next, known); if (end > next) { var got = part(next, end); next = end; return got; } return ""; }
      if (read[next] && /^[%]$/.test(read[next].sign)) { unit = "%"; next += 1; } else {
        var isUnit = function (one) { return words.units.has(one) || own(SAME, one); };
        unit = take(isUnit);
        if (!unit && read[next] && read[next].sign === "年") { isYear = true; next += 1; }
        if (!unit && !isYear) {
          scale = take(function (one) { return own(SCALES, one); });
          unit = take(isUnit);
        }
        unit = own(SAME, unit) ? SAME[unit] : unit;
      }
      return token("number", [value], from, next, { shown: part(from, to), scale: scale, unit: unit, isYear: isYear });
    }
    while (at < read.length) {
      var end = longest(at, function (one) { return words.known.has(one); });
      var last = found[found.length - 1], sign = read[at].sign, follows = last && last.kind === "number";
      var to = sign === "-" && (follows || !read[at + 1]) ? at : digits(at);
      if (to > at && end - at <= to - at) { at = number(at, to); continue; }
      if (end > at) {
        var list = words.known.get(part(at, end)), kind = ORDER.find(function (each) { return list.some(function (one) { return one.kind === each; }); });
        kind = kind || (list.find(function (one) { return one.kind !== "part"; }) || list[0]).kind;
        at = token(kind, list.filter(function (one) { return one.kind === kind; }).map(function (one) { return one.value; }), at, end);
        continue;
      }
      var numeral = longest(at, function (one) { return own(NUMERALS, one); });
      if (numeral > at) { at = token("numeral", [NUMERALS[part(at, numeral)]], at, numeral); continue; }
      end = at + 1;
      while (end < read.length && !apart(end)) { end += 1; }
      if (last && last.kind === "unknown" && read[at].glued) {
        last.end = read[end - 1].end;
        last.text = plain.slice(last.at, last.end);
      } else { token("unknown", [], at, end); }
      at = end;
    }
    return { text: plain, words: found };
  }
  return { lexicon: lexicon, parse: parse, key: key, SCALES: SCALES };
})();
