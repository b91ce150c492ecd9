--- The ghost text of Neovim 0.12 itself, with the same interface as `understudy.ghost`.
local item = require('understudy.item')

local api = vim.api
local M = {}

---@param lsp vim.lsp.Client
function M.attach(lsp)
  vim.lsp.inline_completion.enable(true, { client_id = lsp.id })
end

--- Whether a suggestion is visible. Neovim has no function for this, so its extmarks are checked.
function M.visible()
  local space = api.nvim_get_namespaces()['nvim.lsp.inline_completion']
  return space ~= nil and #api.nvim_buf_get_extmarks(0, space, 0, -1, { limit = 1 }) > 0
end

--- The start of `current`; the type of the range is not stable yet in Neovim.
local function start(current)
  local range = current.range
  if not range then
    local at = api.nvim_win_get_cursor(0)
    return at[1] - 1, at[2]
  end
  return range.start_row or range.start.row, range.start_col or range.start.col
end

--- Inserts the leading part of the remaining text of `current`; its start may have been typed already.
local function put_part(current, part)
  local at = api.nvim_win_get_cursor(0)
  local row, col = start(current)
  local typed = table.concat(api.nvim_buf_get_text(0, row, col, at[1] - 1, at[2], {}), '\n')
  item.put(part(current.insert_text:sub(#typed + 1)), 0)
end

---@param part? fun(rest: string): string
function M.accept(part)
  vim.go.undolevels = vim.go.undolevels
  local on_accept = part and function(current)
    put_part(current, part)
  end
  return vim.lsp.inline_completion.get({ on_accept = on_accept })
end

---@param count integer
function M.cycle(count)
  vim.lsp.inline_completion.select({ count = count })
end

--- Neovim has no function for this, so ghost text is disabled and enabled again.
function M.dismiss()
  local here = { bufnr = api.nvim_get_current_buf() }
  vim.lsp.inline_completion.enable(false, here)
  vim.lsp.inline_completion.enable(true, here)
end

return M
