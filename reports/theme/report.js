// Draws the interactive charts over the static ones. Without this script the page is complete and still.
(function () {
  "use strict";
  var tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.appendChild(tip);

  function tooltip(handler, event, item, value) {
    if (value === null || value === undefined || value === "") { tip.hidden = true; return; }
    var list = document.createElement("dl");
    Object.keys(value).forEach(function (name) {
      var term = document.createElement("dt"), text = document.createElement("dd");
      term.textContent = name;
      text.textContent = String(value[name]);
      list.append(term, text);
    });
    tip.replaceChildren(list);
    tip.hidden = false;
    var left = Math.min(event.pageX + 12, window.scrollX + document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = event.pageY + 16 + "px";
  }

  function refuse() { return Promise.reject(new Error("offline")); }

  function draw(block) {
    var figure = document.getElementById(block.dataset.for);
    var still = figure.querySelector(".drawn");
    var live = document.createElement("div");
    live.className = "live";
    still.before(live);
    return vegaEmbed(live, JSON.parse(block.textContent), {
      actions: false, renderer: "svg", ast: true, defaultStyle: false, tooltip: tooltip,
      loader: { load: refuse, sanitize: refuse }
    }).then(function () {
      live.setAttribute("role", "img");
      live.setAttribute("aria-label", still.getAttribute("aria-label"));
      live.querySelectorAll("svg, svg *").forEach(function (node) {
        ["role", "aria-label", "aria-roledescription", "tabindex"].forEach(function (name) { node.removeAttribute(name); });
      });
      live.querySelectorAll("svg").forEach(function (node) { node.setAttribute("aria-hidden", "true"); });
      still.remove();
      figure.classList.add("interactive");
    }).catch(function (error) {
      live.remove();
      console.warn("chart stays static: " + block.dataset.for, error);
    });
  }

  var blocks = Array.from(document.querySelectorAll("script.spec"));
  blocks.reduce(function (before, block) {
    return before.then(function () { return draw(block); });
  }, Promise.resolve()).then(function () { document.documentElement.dataset.charts = "drawn"; });

  document.addEventListener("scroll", function () { tip.hidden = true; }, { passive: true });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { tip.hidden = true; } });

  var toc = document.querySelector("nav.toc details");
  if (toc && window.matchMedia("(max-width: 61.99rem)").matches) { toc.open = false; }
})();
