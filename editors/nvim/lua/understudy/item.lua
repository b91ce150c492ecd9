--- One suggestion of the server, compared with the text around the cursor.
local client = require('understudy.client')

local api = vim.api
local M = {}

---@class understudy.Item
---@field buf integer
---@field row integer where the text begins, 0-based
---@field col integer bytes
---@field text string the text from there on, including what is before the cursor
---@field tail string the line's text to the right of the cursor at the time of the request
---@field covered string the part of `tail` that accepting replaces
---@field raw table the server's own item

--- The cursor's row and byte column, 0-based.
local function cursor()
  local at = api.nvim_win_get_cursor(0)
  return at[1] - 1, at[2]
end

--- Converts one item of an answer. Nil if it cannot be shown at the cursor: a snippet, a range elsewhere.
local function read(lsp, buf, raw)
  local row, col = cursor()
  local line = api.nvim_get_current_line()
  local range = raw.range or { start = { line = row }, ['end'] = { line = row } }
  local from, to = range.start, range['end']
  if type(raw.insertText) ~= 'string' or from.line ~= row or to.line ~= row then
    return nil
  end
  local first = from.character and client.byte(lsp, line, from.character) or col
  local last = to.character and client.byte(lsp, line, to.character) or col
  if first > col or last < col then
    return nil
  end
  return {
    buf = buf,
    row = row,
    col = first,
    text = raw.insertText:gsub('\r\n?', '\n'),
    tail = line:sub(col + 1),
    covered = line:sub(col + 1, last),
    raw = raw,
  }
end

--- The items of an answer that fit at the cursor, in its order.
---@param lsp vim.lsp.Client
---@param buf integer the current buffer
---@param answer table a list of items, or an `InlineCompletionList`
---@return understudy.Item[]
function M.list(lsp, buf, answer)
  local items = {}
  for _, raw in ipairs(answer.items or answer) do
    local item = read(lsp, buf, raw)
    if item and M.rest(item) then
      items[#items + 1] = item
    end
  end
  return items
end

--- The remaining text of `item` at the cursor; nil if the text around the cursor no longer agrees.
---@param item understudy.Item
---@return string?
function M.rest(item)
  local row, col = cursor()
  local before = row < item.row or (row == item.row and col < item.col)
  if api.nvim_get_current_buf() ~= item.buf or before then
    return nil
  end
  local typed = table.concat(api.nvim_buf_get_text(item.buf, item.row, item.col, row, col, {}), '\n')
  local agrees = vim.startswith(item.text, typed) and api.nvim_get_current_line():sub(col + 1) == item.tail
  return agrees and #typed < #item.text and item.text:sub(#typed + 1) or nil
end

--- The next word of `rest` with the characters before it. It contains a line end only as its first character.
---@param rest string
function M.word(rest)
  return rest:match('^\n?[^%w_\n\128-\255]*[%w_\128-\255]*')
end

--- The rest of this line, or the whole next line if this line is complete.
---@param rest string
function M.line(rest)
  return rest:match('^\n?[^\n]*')
end

--- Writes `piece` at the cursor over `covered` bytes, and moves the cursor after it.
---@param piece string
---@param covered integer
function M.put(piece, covered)
  local row, col = cursor()
  local lines = vim.split(piece, '\n', { plain = true })
  api.nvim_buf_set_text(0, row, col, row, col + covered, lines)
  local last = #lines == 1 and col or 0
  api.nvim_win_set_cursor(0, { row + #lines, last + #lines[#lines] })
end

return M
