// Under each figure of a published page: the day and the whole address of a citation, the picture as SVG and PNG.
(function () {
  "use strict";
  var english = document.documentElement.lang.indexOf("en") === 0;
  var now = new Date(), two = function (n) { return (n < 10 ? "0" : "") + n; };
  var day = now.getFullYear() + "-" + two(now.getMonth() + 1) + "-" + two(now.getDate());

  function all(selector, within) { return Array.from((within || document).querySelectorAll(selector)); }

  all(".cite .accessed").forEach(function (one) { one.textContent = day; });
  if (location.protocol.indexOf("http") === 0) {
    all(".cite .address").forEach(function (one) {
      if (one.textContent.indexOf("http") !== 0) { one.textContent = location.href.split("#")[0] + "#" + one.closest("figure").id; }
    });
  }

  function picture(figure) { // the chart as it stands on the page, on white
    var drawn = figure.querySelector(".chart .live svg, .chart .drawn svg"), box = drawn.getBoundingClientRect();
    var svg = drawn.cloneNode(true), view = drawn.viewBox.baseVal;
    var width = view && view.width || box.width, height = view && view.height || box.height;
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    svg.removeAttribute("aria-hidden");
    svg.removeAttribute("style");
    var ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    [["width", "100%"], ["height", "100%"], ["fill", "#fff"]].forEach(function (pair) { ground.setAttribute(pair[0], pair[1]); });
    svg.prepend(ground);
    return { text: new XMLSerializer().serializeToString(svg), width: width, height: height };
  }

  function save(blob, name) {
    var link = document.createElement("a"), address = URL.createObjectURL(blob);
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(address); }, 60000);
  }

  function svg(figure) { save(new Blob([picture(figure).text], { type: "image/svg+xml" }), figure.id + ".svg"); }

  function png(figure) { // three times as fine as the screen
    var drawn = picture(figure), image = new Image(), canvas = document.createElement("canvas");
    image.onload = function () {
      canvas.width = drawn.width * 3;
      canvas.height = drawn.height * 3;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) { save(blob, figure.id + ".png"); }, "image/png");
    };
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(drawn.text);
  }

  all("details.get").forEach(function (details) {
    var figure = details.closest("figure"), list = details.querySelector("ul"), own = figure.querySelector("button.download");
    var number = own ? own.querySelector(".hidden").textContent : "";
    function item(button) { var made = document.createElement("li"); made.append(button); return made; }
    if (own) {
      own.firstChild.textContent = english ? "CSV of this table" : "本表 CSV";
      list.prepend(item(own));
    }
    if (!figure.querySelector(".chart svg")) { return; }
    [["PNG", png], ["SVG", svg]].forEach(function (pair) {
      var button = document.createElement("button"), hidden = document.createElement("span");
      button.type = "button";
      button.className = "download";
      hidden.className = "hidden";
      hidden.textContent = number;
      button.append(pair[0], hidden);
      button.addEventListener("click", function () { pair[1](figure); });
      list.append(item(button));
    });
  });
})();
