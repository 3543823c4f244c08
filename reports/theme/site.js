// A page that has moved leads on, to the same place in it.
(function () {
  "use strict";
  var moved = document.querySelector("a.moved");
  if (moved) { location.replace(moved.href + location.hash); }
})();

// Finds a region by its name, pinyin, initials or code. Without this script no search is shown.
(function () {
  "use strict";
  var box = document.querySelector(".search"), input = document.getElementById("q");
  if (!box || !input) { return; }
  box.hidden = false;
  var english = document.documentElement.lang.indexOf("en") === 0;
  var said = document.getElementById("q-found");
  var hits = document.getElementById("q-hits");
  var places = Array.from(document.querySelectorAll("#reports .place, #reports .unlisted"));

  function folded(text) { return text.normalize("NFKC").toLowerCase().replace(/[\s\-_'’]/g, ""); }

  // The better of two ways to match: 2 the whole of a spelling, 1 its beginning, 0 none.
  function match(place, query) {
    var keys = place.dataset.keys.split(" ");
    if (keys.indexOf(query) >= 0) { return 2; }
    return keys.some(function (key) { return key.indexOf(query) === 0; }) ? 1 : 0;
  }

  function found() {
    var query = folded(input.value);
    if (!query) { return []; }
    var matches = places.map(function (place) { return match(place, query); });
    var best = Math.max.apply(null, matches);
    return places.filter(function (_, at) { return best > 0 && matches[at] === best; });
  }

  function show() {
    var shown = found();
    hits.replaceChildren.apply(hits, shown.map(function (place) {
      var hit = document.createElement("li");
      hit.append.apply(hit, Array.from(place.childNodes).map(function (one) { return one.cloneNode(true); }));
      hit.className = place.className;
      return hit;
    }));
    var none = english ? "None found; try pinyin or initials" : "没有找到；可试拼音或简称";
    var some = english ? "Regions found: " + shown.length : "找到 " + shown.length + " 个地区";
    said.textContent = input.value.trim() ? (shown.length ? some : none) : "";
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { input.value = ""; show(); }
    var shown = found();
    var way = shown.length === 1 && shown[0].querySelector("a");
    if (event.key === "Enter" && input.value.trim() && way) { way.click(); }
  });
  show();
})();

// The citation of an indicator becomes that of the region whose row the address names; shown for the row's link.
(function () {
  "use strict";
  var cited = document.getElementById("cite");
  if (!cited) { return; }
  var now = new Date(), walker = document.createTreeWalker(cited, NodeFilter.SHOW_TEXT), texts = [], own = cited.dataset;
  var two = function (n) { return (n < 10 ? "0" : "") + n; };
  cited.querySelector(".accessed").textContent = now.getFullYear() + "-" + two(now.getMonth() + 1) + "-" + two(now.getDate());
  while (walker.nextNode()) { texts.push([walker.currentNode, walker.currentNode.data]); }

  function told() {
    var row = document.getElementById(location.hash.slice(1)), link = row && row.querySelector("a[data-sum]");
    var name = link && row.querySelector("th").textContent, english = document.documentElement.lang.indexOf("en") === 0;
    texts.forEach(function (pair) {
      var place = pair[0].parentNode.className;
      if (place === "accessed") { return; }
      if (place === "address") {
        var base = location.protocol.indexOf("http") === 0 && pair[1].indexOf("http") !== 0 ? location.href.split("#")[0] : pair[1];
        pair[0].data = base + (link ? location.hash : "");
        return;
      }
      pair[0].data = !link ? pair[1] : pair[1]
        .replace(own.title, own.title + (english ? " (" + name + ")" : "（" + name + "）"))
        .replace(own.file, link.download).replace(own.sum, link.dataset.sum).replace(own.key + ",", own.key + "-" + row.id + ",");
    });
  }

  document.querySelectorAll("a.quote").forEach(function (way) {
    way.addEventListener("click", function () {
      setTimeout(function () {
        told();
        cited.open = true;
        cited.scrollIntoView();
        cited.querySelector("summary").focus();
      }, 0);
    });
  });
  addEventListener("hashchange", told);
  told();
})();
