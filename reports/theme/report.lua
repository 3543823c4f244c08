-- Shared by both engines: what is meant for one output only, notes, and the levels of headings.
local function matches(wanted)
  if wanted == "html" then return FORMAT:match("^html") ~= nil end
  return FORMAT == wanted
end

-- A page has one heading of the first level, its title; the chapters come under it.
function Header(header)
  if matches("html") then header.level = header.level + 1 end
  return header
end

-- What stands in another volume is a link on the page, where that is a file beside this one; elsewhere its name.
function Link(link)
  if link.classes:includes("elsewhere") and not matches("html") then return link.content end
end

function Div(div)
  if div.classes:includes("content-visible") then
    if matches(div.attributes["when-format"]) then return div.content end
    return {}
  end
  for _, kind in ipairs({"note", "headline", "second"}) do
    if div.classes:includes(kind) and FORMAT == "typst" then
      local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#" .. kind .. "-block[") })
      blocks:extend(div.content)
      blocks:insert(pandoc.RawBlock("typst", "]"))
      return blocks
    end
  end
end

-- What follows from a finding stands on a line of its own.
function Span(span)
  if not span.classes:includes("so") then return nil end
  if FORMAT == "typst" then
    local inlines = pandoc.Inlines({ pandoc.RawInline("typst", "#so-text[") })
    inlines:extend(span.content)
    inlines:insert(pandoc.RawInline("typst", "]"))
    return inlines
  elseif not matches("html") then
    return pandoc.Inlines({ pandoc.LineBreak() }) .. span.content
  end
end

-- On a page every chapter stands in a box of its own, which reading.js folds on a phone.
local function boxed(blocks)
  local out, open = pandoc.Blocks({}), false
  for _, block in ipairs(blocks) do
    local chapter = block.t == "Header" and block.level == 2
    local ends = chapter or (block.t == "RawBlock" and block.text:match("^<footer"))
    if open and ends then out:insert(pandoc.RawBlock("html", "</div>")) end
    out:insert(block)
    if chapter then out:insert(pandoc.RawBlock("html", '<div class="chapter">')) end
    open = chapter or (open and not ends)
  end
  if open then out:insert(pandoc.RawBlock("html", "</div>")) end
  return out
end

-- The last step leaves a mark, and no report is made of a file without it: Quarto goes on after error() in a filter.
-- In Word the properties of the document, which cannot be set without a title block of pandoc's, are the mark.
function Pandoc(doc)
  if matches("html") then
    doc.blocks = boxed(doc.blocks)
    doc.blocks:insert(pandoc.RawBlock("html", "<!-- report.lua: whole -->"))
  elseif FORMAT == "typst" then
    doc.blocks:insert(pandoc.RawBlock("typst", "// report.lua: whole"))
  else
    doc.meta["dc:title"] = pandoc.utils.stringify(doc.meta.pagetitle)
    doc.meta["dc:creator"] = pandoc.utils.stringify(doc.meta.report.publisher)
    local report = {}
    for _, part in ipairs({"year", "month", "day"}) do
      report[part] = tonumber(pandoc.utils.stringify(doc.meta.report[part]))
    end
    doc.meta["dcterms:created"] = ("%04d-%02d-%02dT00:00:00Z"):format(report.year, report.month, report.day)
  end
  return doc
end
