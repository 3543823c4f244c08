-- Shared by both engines: what is meant for one output only, notes, key points, and the levels of headings.
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
end

-- What a frame is called in typst: notes, what the highlights say large, a chapter's key points.
local BLOCKS = { note = "note", headline = "headline", second = "second", keypoints = "key" }

-- The frame of a note, or of a chapter's key points, which are called so in the language of the report; a sheet is no chapter.
local function framed(meta)
  local part = meta.report and pandoc.utils.stringify(meta.report.part or "") or ""
  local key_points = part == "profile" and "要点" or "本章要点"
  if pandoc.utils.stringify(meta.lang or ""):match("^en") then key_points = "Key points" end
  return function(div)
    local kind = div.classes:find_if(function(class) return BLOCKS[class] end)
    if not kind then return end
    local keys = kind == "keypoints"
    if keys then div.content:insert(1, pandoc.Para({ pandoc.Strong(key_points) })) end
    if FORMAT == "typst" then
      local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#" .. BLOCKS[kind] .. "-block[") })
      blocks:extend(div.content)
      blocks:insert(pandoc.RawBlock("typst", "]"))
      return blocks
    end
    if FORMAT == "docx" and (keys or kind == "note") then  -- a list would leave the frame
      div.attributes["custom-style"] = "Abstract"
      div = div:walk({ BulletList = function(list)
        return list.content:map(function(item) return pandoc.Para(pandoc.Inlines("• ") .. pandoc.utils.blocks_to_inlines(item)) end)
      end })
    end
    return div
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

-- On a page every chapter stands in a box of its own, which reading.js folds on a phone: all but the one with the large
-- numbers, or the first where there are none.
local function boxed(blocks)
  local out, boxes, open = pandoc.Blocks({}), {}, false
  for _, block in ipairs(blocks) do
    local chapter = block.t == "Header" and block.level == 2
    local ends = chapter or (block.t == "RawBlock" and block.text:match("^<footer"))
    if open and ends then out:insert(pandoc.RawBlock("html", "</div>")) end
    out:insert(block)
    if chapter then
      out:insert(pandoc.RawBlock("html", '<div class="chapter">'))
      table.insert(boxes, #out)
    end
    open = chapter or (open and not ends)
    if open and block.t == "RawBlock" and block.text:find('id="k-highlights-numbers"', 1, true) then
      boxes.first = boxes[#boxes]
    end
  end
  if open then out:insert(pandoc.RawBlock("html", "</div>")) end
  local first = boxes.first or boxes[1]
  if first then out[first] = pandoc.RawBlock("html", '<div class="chapter first">') end
  return out
end

-- On paper a number and its unit stay on one line.
local function tied(inlines)
  for i = 2, #inlines - 1 do
    local before, after = inlines[i - 1], inlines[i + 1]
    if (inlines[i].t == "Space" or inlines[i].t == "SoftBreak") and before.t == "Str" and after.t == "Str"
      and before.text:match("%d$") and after.text:match("^[%a%%\228-\233]") then
      inlines[i] = pandoc.Str("\u{a0}")
    end
  end
  return inlines
end

-- On a page too, where a browser would part a unit itself: 万 from tce, kgce/ from 万元.
local SCALES, PARTS, COUNTED = { "万", "亿" }, { "₂", "²", "³", "/" }, { "万元", "站", "户", "处" }
local function kept(inlines)
  inlines = tied(inlines)
  for i = #inlines, 2, -1 do
    local text, at = inlines[i].t == "Str" and inlines[i].text or "", 1
    local function take(list)
      for _, one in ipairs(list) do
        if text:sub(at, at + #one - 1) == one then at = at + #one return true end
      end
    end
    local function letters()
      local found = text:match("^%w+", at) or ""
      at = at + #found
      return found ~= ""
    end
    local tie = inlines[i - 1].t == "Str" and inlines[i - 1].text == "\u{a0}"
    while tie and take(SCALES) do end
    if tie and letters() then
      while take(PARTS) or letters() do end
      if text:sub(at - 1, at - 1) == "/" then take(COUNTED) end
      inlines[i] = pandoc.Span({ pandoc.Str(text:sub(1, at - 1)) }, { class = "whole" })
      if at <= #text then inlines:insert(i + 1, pandoc.Str(text:sub(at))) end
    end
  end
  return inlines
end

local function raw(text) return pandoc.Inlines({ pandoc.RawInline("openxml", text) }) end
local function plain(part) return part end
-- What Word 2013 and later read and LibreOffice passes over (ISO/IEC 29500-3, 7.5): it takes what stands in a field TOC as it
-- is, without numbers, but counts the pages of PAGEREF elsewhere.
local SPACES = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
  .. 'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
local function in_word(part)
  return ('<mc:AlternateContent %s><mc:Choice Requires="w15">%s</mc:Choice><mc:Fallback/></mc:AlternateContent>'):format(SPACES, part)
end

local function ended(read) return "<w:r>" .. read('<w:fldChar w:fldCharType="end"/>') .. "</w:r>" end
local function begun(code, read)
  local parts = { '<w:fldChar w:fldCharType="begin" w:dirty="true"/>', '<w:instrText xml:space="preserve"> ' .. code .. " </w:instrText>",
    '<w:fldChar w:fldCharType="separate"/>' }
  for at, part in ipairs(parts) do parts[at] = "<w:r>" .. read(part) .. "</w:r>" end
  return table.concat(parts)
end

-- The table of contents in Word: the headings, each a link to its place. Word finds the pages when it opens the file and asks
-- whether to bring fields up to date, LibreOffice whenever it lays the pages out; no numbers of ours stand in the file.
local function listed(doc)
  local entries = pandoc.Blocks({})
  doc = doc:walk({ Header = function(header)
    if header.level > 2 then return nil end
    local name = "_Toc" .. 100000 + #entries
    local first = #entries == 0 and begun('TOC \\o "1-2" \\h \\z \\u', in_word) or ""
    local page = "<w:r><w:tab/></w:r>" .. begun("PAGEREF " .. name .. " \\h", plain) .. ended(plain) .. "</w:hyperlink>"
    local line = raw(first .. ('<w:hyperlink w:anchor="%s" w:history="1">'):format(name)) .. header.content:clone() .. raw(page)
    entries:insert(pandoc.Div({ pandoc.Para(line) }, { ["custom-style"] = "TOC " .. header.level }))
    local id = name:sub(5)
    header.content = raw(('<w:bookmarkStart w:id="%s" w:name="%s"/>'):format(id, name)) .. header.content
      .. raw(('<w:bookmarkEnd w:id="%s"/>'):format(id))
    return header
  end })
  return doc:walk({ Div = function(div)
    if not div.classes:includes("contents") then return nil end
    if #entries == 0 then return {} end
    div.attributes["custom-style"] = "TOC Heading"
    return pandoc.Blocks({ div }) .. entries .. { pandoc.RawBlock("openxml", "<w:p>" .. ended(in_word) .. "</w:p>") }
  end })
end

-- A sheet says which region it is of.
local function placed(blocks, meta)
  local region = pandoc.utils.stringify(meta.report.region or "")
  return blocks:walk({ Header = function(header)
    if header.level == 1 then header.content = pandoc.Inlines(region .. "\u{3000}") .. header.content end
    return header
  end })
end

-- The last step leaves a mark, and no report is made of a file without it: Quarto goes on after error() in a filter.
-- In Word the properties of the document, which cannot be set without a title block of pandoc's, are the mark.
function Pandoc(doc)
  doc = doc:walk({ Div = framed(doc.meta) })
  if matches("html") then
    doc.blocks = boxed(doc.blocks):walk({ Inlines = kept })
    doc.blocks:insert(pandoc.RawBlock("html", "<!-- report.lua: whole -->"))
  elseif FORMAT == "typst" then
    doc.blocks = doc.blocks:walk({ Inlines = tied })
    doc.blocks:insert(pandoc.RawBlock("typst", "// report.lua: whole"))
  else
    local part = pandoc.utils.stringify(doc.meta.report.part or "")
    if part == "highlights" or part == "profile" then doc.blocks = placed(doc.blocks, doc.meta) end
    doc = listed(doc)
    doc.blocks = doc.blocks:walk({ Inlines = tied })
    for _, name in ipairs({"running", "sample", "foot"}) do
      doc.meta["report:" .. name] = pandoc.utils.stringify(doc.meta.report[name] or "")
    end
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
