// The box for questions, on the home page and on that of the choice. It reads the table only once a question is asked.
(function () {
  "use strict";
  var box = document.querySelector(".ask"), input = document.getElementById("ask"), said = document.getElementById("ask-said");
  if (!box || !input) { return; }
  box.hidden = false;
  var english = document.documentElement.lang.indexOf("en") === 0, here = box.querySelector("a"), answers = null;
  var way = here ? here.href : location.href.split("#")[0];
  var words = english ? { choice: "Show in table and chart", about: "Definition", failed: "The data could not be read; please reload the page." }
    : { choice: "看表和图", about: "说明", failed: "数据读不出来，请重新打开本页。" };

  function link(text, target) { var made = document.createElement("a"); made.href = target; made.textContent = text; return made; }
  function address(choice) {
    return "#" + ["i=" + choice.i.map(encodeURIComponent).join(","), "r=" + choice.r.join(","), "y=" + choice.y.join("-"), "v=" + choice.v]
      .concat(choice.d ? "d=" + choice.d : []).join("&");
  }
  function show(found) {
    var parts = [], list = document.createElement("ul");
    if (found.text) { var text = document.createElement("p"); text.className = "told " + found.kind; text.textContent = found.text; parts.push(text); }
    var ways = document.createElement("p");
    if (found.about) { ways.append(link(words.about, way + "#about-" + found.about), " "); }
    if (found.choice) { ways.append(link(words.choice, way + address(found.choice))); }
    if (ways.childNodes.length) { parts.push(ways); }
    found.readings.forEach(function (one) {
      var item = document.createElement("li"), button = document.createElement("button");
      button.type = "button";
      button.textContent = one.text;
      button.addEventListener("click", function () { input.value = one.ask; input.focus(); ask(); });
      item.append(button);
      list.append(item);
    });
    if (found.readings.length && found.also) {
      var more = document.createElement("details"), summary = document.createElement("summary");
      summary.textContent = found.also;
      more.append(summary, list);
      list = more;
    }
    if (found.readings.length) { parts.push(list); }
    said.replaceChildren.apply(said, parts);
  }
  function ready() {
    answers = greenAnswer(greenFigures.read(window.greenTable, english));
    ask();
  }
  function ask() {
    if (answers) { show(answers(input.value)); return; }
    if (window.greenTable) { ready(); return; }
    var script = document.createElement("script");
    script.src = new URL("explore-data.js", way).href;
    script.addEventListener("load", ready);
    script.addEventListener("error", function () { show({ kind: "refused", text: words.failed, readings: [] }); });
    document.head.append(script);
  }
  input.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); ask(); }
    if (event.key === "Escape") { input.value = ""; said.replaceChildren(); }
  });
  box.querySelector("button").addEventListener("click", ask);
})();
