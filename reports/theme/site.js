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
  var places = Array.from(document.querySelectorAll("#reports .place"));

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
      hit.append.apply(hit, Array.from(place.children).map(function (one) { return one.cloneNode(true); }));
      hit.className = "place";
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
    if (event.key === "Enter" && input.value.trim() && shown.length === 1) { shown[0].querySelector("a").click(); }
  });
  show();
})();
