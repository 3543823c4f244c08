// Finds a region by its name, pinyin, initials or code. Without this script all regions are listed and no search is shown.
(function () {
  "use strict";
  var box = document.querySelector(".search"), input = document.getElementById("q");
  if (!box || !input) { return; }
  box.hidden = false;
  var said = document.getElementById("q-found");
  var places = Array.from(document.querySelectorAll(".place"));

  function folded(text) { return text.normalize("NFKC").toLowerCase().replace(/[\s\-_'’]/g, ""); }

  // The better of two ways to match: 2 the whole of a spelling, 1 its beginning, 0 none.
  function match(place, query) {
    var keys = place.dataset.keys.split(" ");
    if (keys.indexOf(query) >= 0) { return 2; }
    return keys.some(function (key) { return key.indexOf(query) === 0; }) ? 1 : 0;
  }

  function found() {
    var query = folded(input.value);
    if (!query) { return places; }
    var matches = places.map(function (place) { return match(place, query); });
    var best = Math.max.apply(null, matches);
    return places.filter(function (_, at) { return best > 0 && matches[at] === best; });
  }

  function show() {
    var shown = found();
    places.forEach(function (place) { place.hidden = shown.indexOf(place) < 0; });
    document.querySelectorAll(".group").forEach(function (group) {
      group.hidden = !group.querySelector(".place:not([hidden])");
    });
    said.textContent = input.value.trim() ? (shown.length ? "找到 " + shown.length + " 个地区" : "没有找到；可试拼音或简称") : "";
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { input.value = ""; show(); }
    var shown = found();
    if (event.key === "Enter" && input.value.trim() && shown.length === 1) { shown[0].querySelector("a").click(); }
  });
  show();
})();
