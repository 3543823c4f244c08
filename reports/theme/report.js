// Draws the interactive charts over the static ones, makes the downloads, shows the place in the contents. Without
// this script the page is complete and still.
(function () {
  "use strict";
  var say = page.say, element = page.element, all = page.all, later = page.later;

  // --- values under the pointer, or under the arrow keys

  var tip = document.body.appendChild(element("div", { id: "tip", "aria-hidden": "true" }));
  var spoken = document.body.appendChild(element("p", { "class": "hidden", role: "status" }));
  tip.hidden = true;

  function show(value, x, y) {
    var list = element("dl");
    Object.keys(value).forEach(function (name) {
      list.append(element("dt", {}, name), element("dd", {}, String(value[name])));
    });
    tip.replaceChildren(list);
    tip.hidden = false;
    var left = Math.min(x + 12, window.scrollX + document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = y + 16 + "px";
  }

  function hide() { tip.hidden = true; }

  function tooltip(handler, event, item, value) {
    if (value === null || value === undefined || value === "") { hide(); } else { show(value, event.pageX, event.pageY); }
  }

  function marks(live) { // one element for each value that is shown, in the order of the drawing
    var seen = {};
    return all("svg *", live).filter(function (node) {
      var told = node.__data__ && node.__data__.tooltip, key = told && JSON.stringify(told);
      return told && !seen[key] && (seen[key] = true);
    });
  }

  function step(event) {
    var live = event.currentTarget, nodes = marks(live), last = nodes.length - 1, at = Number(live.dataset.at || -1);
    var to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
    if (to === undefined || last < 0) { return; }
    event.preventDefault();
    to = Math.max(0, Math.min(last, to));
    live.dataset.at = to;
    var value = nodes[to].__data__.tooltip, box = nodes[to].getBoundingClientRect();
    show(value, window.scrollX + box.right, window.scrollY + box.top);
    spoken.textContent = Object.keys(value).map(function (name) { return name + " " + value[name]; }).join(say("，", ", "));
  }

  document.addEventListener("scroll", hide, { passive: true });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") { hide(); } });

  // --- charts, those in sight first and the others when the browser has nothing else to do; those of a folded chapter
  // when it is opened

  var config = JSON.parse((document.getElementById("chart-config") || {}).textContent || "{}");

  function specification(block) { // the data come by column, see packing.py
    var spec = JSON.parse(block.textContent);
    Object.keys(spec.datasets || {}).forEach(function (name) {
      var columns = spec.datasets[name], names = Object.keys(columns), rows = [];
      names.forEach(function (column) {
        var values = columns[column];
        (values.nth || values).forEach(function (value, row) {
          (rows[row] = rows[row] || {})[column] = values.nth ? values.texts[value] : value;
        });
      });
      spec.datasets[name] = rows;
    });
    spec.config = spec.config || config;
    return spec;
  }

  var LEAST = 130, GOOD = 190; // px of a plot in which values can be told apart, and of one that scrolls

  function refuse() { return Promise.reject(new Error("offline")); }

  function draw(block) {
    var figure = document.getElementById(block.dataset.for);
    var still = figure.querySelector(".drawn");
    var live = element("div", { "class": "live" });
    still.before(live);
    return vegaEmbed(live, specification(block), {
      actions: false, renderer: "svg", ast: true, defaultStyle: false, tooltip: tooltip,
      loader: { load: refuse, sanitize: refuse }
    }).then(function (drawn) {
      var plot = drawn.view.width();
      if (plot > 0 && plot < LEAST) { // no room beside long names: the chart scrolls
        live.classList.add("broad");
        live.style.minWidth = live.clientWidth - plot + GOOD + "px";
        live.parentNode.classList.add("scroll", "after");
        return drawn.view.signal("width", live.clientWidth).resize().runAsync();
      }
    }).then(function () {
      all("svg, svg *", live).forEach(function (node) {
        ["role", "aria-label", "aria-roledescription", "tabindex"].forEach(function (name) { node.removeAttribute(name); });
      });
      all("svg", live).forEach(function (node) { node.setAttribute("aria-hidden", "true"); });
      live.setAttribute("role", "application");
      live.setAttribute("aria-roledescription", say("图表", "chart"));
      live.setAttribute("aria-label", still.getAttribute("aria-label") + say("按方向键逐个读数，按 Esc 关闭。", " Use the arrow keys to read the values one by one, Esc to close."));
      live.tabIndex = 0;
      live.addEventListener("keydown", step);
      live.addEventListener("blur", hide);
      still.remove();
      figure.classList.add("interactive");
    }).catch(function (error) {
      live.remove();
      console.warn("chart stays static: " + block.dataset.for, error);
    });
  }

  var waiting = all("script.spec"), inSight = new Set();
  var sight = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) { inSight[entry.isIntersecting ? "add" : "delete"](entry.target.id); });
  }, { rootMargin: "400px" });
  waiting.forEach(function (block) { sight.observe(document.getElementById(block.dataset.for)); });

  function next() {
    var open = waiting.filter(function (block) { return !block.closest("[hidden]"); });
    if (open.length === 0) { document.documentElement.dataset.charts = "drawn"; return; }
    document.documentElement.dataset.charts = "waiting";
    var one = open.find(function (block) { return inSight.has(block.dataset.for); }) || open[0];
    waiting.splice(waiting.indexOf(one), 1);
    draw(one).then(function () { later(next); });
  }
  later(next);
  document.addEventListener("unfolded", function () {
    if (document.documentElement.dataset.charts === "drawn") { document.documentElement.dataset.charts = "waiting"; later(next); }
  });

  // --- downloads: the table with its unrounded values

  function quoted(text) { return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; }

  function plain(text) { // as the data have it: no signs that are there for print
    return text.replace(/\u00a0/g, " ").replace(/₂/g, "2").replace(/m([²³])/g, function (_, power) { return "m" + { "²": 2, "³": 3 }[power]; });
  }

  function csv(table) {
    return "\ufeff" + all("tr", table).map(function (row) {
      return all("th, td", row).map(function (cell) {
        return quoted(plain(cell.hasAttribute("data-v") ? cell.getAttribute("data-v") : cell.textContent));
      }).join(",") + "\r\n";
    }).join("");
  }

  function download(event) {
    var figure = event.currentTarget.closest("figure");
    var address = URL.createObjectURL(new Blob([csv(figure.querySelector(".tools table") || figure.querySelector("table"))], { type: "text/csv" }));
    element("a", { href: address, download: event.currentTarget.dataset.name }).click();
    setTimeout(function () { URL.revokeObjectURL(address); }, 60000);
  }

  all("main figure").forEach(function (figure) {
    var name = figure.querySelector(".number").textContent;
    var button = element("button", { type: "button", "class": "download", "data-name": name.replace(" ", "") + ".csv" });
    button.append(say("下载数据", "Download the data"), element("span", { "class": "hidden" }, say("（" + name + "）", " (" + name + ")")));
    button.addEventListener("click", download);
    figure.querySelector(".tools").append(button);
  });

  // --- contents: folded on a narrow screen; on a wide one the chapter that is read is unfolded

  var contents = document.querySelector("nav.toc details");
  if (!contents) { return; }
  if (window.matchMedia("(max-width: 61.99rem)").matches) { contents.open = false; }
  var entries = {};
  all("a", contents).forEach(function (link) { entries[decodeURIComponent(link.hash.slice(1))] = link; });
  var heads = all("main h2, main h3").map(function (head) { return { head: head, link: entries[head.id] }; }).filter(function (one) { return one.link; });

  function mark() {
    if (!contents.open) { return; }
    var here = heads[0];
    heads.forEach(function (one) { if (one.head.getBoundingClientRect().top < 120) { here = one; } });
    if (!here || here.link.hasAttribute("aria-current")) { return; }
    all("[aria-current]", contents).forEach(function (link) { link.removeAttribute("aria-current"); });
    all(".here", contents).forEach(function (item) { item.classList.remove("here"); });
    here.link.setAttribute("aria-current", "true");
    for (var item = here.link.closest("li"); item; item = item.parentNode.closest("li")) { item.classList.add("here"); }
  }
  var due = false;
  document.addEventListener("scroll", function () {
    if (!due) { due = true; requestAnimationFrame(function () { due = false; mark(); }); }
  }, { passive: true });
  document.documentElement.classList.add("guided");
  mark();
})();
