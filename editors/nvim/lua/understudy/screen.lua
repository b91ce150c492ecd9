--- Draws a suggestion as virtual text after the cursor.
local api = vim.api
local M = {}

local SPACE = api.nvim_create_namespace('understudy')
local GHOST, COUNT = 'UnderstudyGhost', 'UnderstudyGhostCount'

--- The buffer that shows a suggestion.
local drawn

--- `text` with tabs expanded to spaces, since virtual text has no tab stops. It begins in display column `column`.
local function expand(text, column)
  return (
    text:gsub('([^\t]*)\t', function(run)
      column = column + vim.fn.strdisplaywidth(run, column)
      local width = vim.fn.strdisplaywidth('\t', column)
      column = column + width
      return run .. (' '):rep(width)
    end)
  )
end

--- The parts of `first` before and after the covered text that is already visible; nil if it does not contain that text.
local function around(first, covered)
  for at = #first - #covered + 1, 1, -1 do
    if first:sub(at, at + #covered - 1) == covered then
      return first:sub(1, at - 1), first:sub(at + #covered)
    end
  end
end

local function mark(row, col, options)
  options.hl_mode = 'combine'
  api.nvim_buf_set_extmark(0, SPACE, row, col, options)
end

--- Draws the first line over the text that it covers, or on both sides of it.
local function mark_first(row, col, chunks, covered, below)
  local first = chunks[1][1]
  local before, behind = around(first, covered)
  if before and not below then
    chunks[1][1] = before
    mark(row, col, { virt_text = { table.remove(chunks, 1) }, virt_text_pos = 'inline' })
    if behind ~= '' then
      table.insert(chunks, 1, { behind, GHOST })
    end
    return #chunks > 0 and mark(row, col + #covered, { virt_text = chunks, virt_text_pos = 'inline' })
  end
  local missing = api.nvim_strwidth(covered) - api.nvim_strwidth(first)
  chunks[1][1] = first .. (' '):rep(math.max(missing, 0))
  mark(row, col, { virt_text = chunks, virt_text_pos = 'overlay', virt_lines = below })
end

--- Shows `rest` after the cursor.
---@param rest string
---@param covered string the text there, which accepting replaces
---@param count? string the position among the suggestions, such as `1/3`
function M.draw(rest, covered, count)
  M.clear()
  local at = api.nvim_win_get_cursor(0)
  local row, col = at[1] - 1, at[2]
  local before = api.nvim_get_current_line():sub(1, col)
  local lines = {}
  for index, line in ipairs(vim.split(rest, '\n', { plain = true })) do
    lines[index] = { { expand(line, index == 1 and vim.fn.strdisplaywidth(before) or 0), GHOST } }
  end
  if count then
    table.insert(lines[#lines], { count, COUNT })
  end
  local first = table.remove(lines, 1)
  local below = #lines > 0 and lines or nil
  if covered == '' then
    mark(row, col, { virt_text = first, virt_text_pos = 'inline', virt_lines = below })
  else
    mark_first(row, col, first, covered, below)
  end
  drawn = api.nvim_get_current_buf()
end

function M.clear()
  if drawn and api.nvim_buf_is_valid(drawn) then
    api.nvim_buf_clear_namespace(drawn, SPACE, 0, -1)
  end
  drawn = nil
end

--- Whether the current buffer shows a suggestion.
function M.visible()
  return drawn == api.nvim_get_current_buf()
end

return M
