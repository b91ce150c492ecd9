--- Ghost text for Neovim before 0.12, which has none: sends a request at each change, shows the answer after
--- the cursor, keeps it while the user types the same text, accepts all or part of it.
---
--- There is no debounce here: the server decides when to send a request to which model. Each change is one
--- request, and a newer request cancels the previous one.
local client = require('understudy.client')
local item = require('understudy.item')
local menu = require('understudy.menu')
local screen = require('understudy.screen')

local api = vim.api
local M = {}

--- `lsp.InlineCompletionTriggerKind`.
local INVOKED, AUTOMATIC = 1, 2

--- The current suggestions. Only the buffer in which the user types shows them.
---@type { lsp: vim.lsp.Client?, items: understudy.Item[], index: integer }
local offer = { items = {}, index = 1 }
--- The pending request; an answer to any other request is stale.
---@type { lsp: vim.lsp.Client, id: integer? }?
local pending
--- Buffer, text and cursor at the last check.
local seen

local function place()
  local at = api.nvim_win_get_cursor(0)
  local buf = api.nvim_get_current_buf()
  return ('%d %d %d %d'):format(buf, api.nvim_buf_get_changedtick(buf), at[1], at[2])
end

local function inserting()
  return vim.startswith(api.nvim_get_mode().mode, 'i')
end

local function cancel()
  if pending and pending.id then
    client.cancel(pending.lsp, pending.id)
  end
  pending = nil
end

local function forget()
  offer = { items = {}, index = 1 }
  screen.clear()
end

--- The current item and its remaining text. An item that no longer fits is replaced by one that does.
local function live()
  for skip = 0, #offer.items - 1 do
    local index = (offer.index + skip - 1) % #offer.items + 1
    local rest = item.rest(offer.items[index])
    if rest then
      offer.index = index
      return offer.items[index], rest
    end
  end
end

--- Notifies the server, once per item, that the item is visible.
local function shown(current)
  if not current.told then
    current.told = true
    client.notify(offer.lsp, 'textDocument/didShowCompletion', { item = current.raw })
  end
end

local function draw()
  local current, rest = live()
  if not current or not inserting() or menu.open() then
    return screen.clear()
  end
  local count = #offer.items > 1 and ('  %d/%d'):format(offer.index, #offer.items) or nil
  screen.draw(rest, current.covered, count)
  shown(current)
end

--- Handles an answer. `null` changes nothing, an empty list hides the suggestion.
local function take(lsp, buf, answer, skipped)
  if answer == nil or answer == vim.NIL then
    return
  end
  offer = { lsp = lsp, items = item.list(lsp, buf, answer), index = 1 }
  for index, it in ipairs(offer.items) do
    if skipped and item.rest(it) ~= skipped then
      offer.index = index
      break
    end
  end
  draw()
end

--- Requests suggestions at the cursor. With `skipped`, the first answer with a different continuation is shown.
local function ask(kind, skipped)
  cancel()
  local buf = api.nvim_get_current_buf()
  local lsp = client.of(buf)
  if not lsp or not inserting() or menu.open() then
    return
  end
  local params = vim.lsp.util.make_position_params(0, lsp.offset_encoding)
  params.context = { triggerKind = kind }
  local ticket, asked = { lsp = lsp }, place()
  pending = ticket
  ticket.id = client.request(lsp, 'textDocument/inlineCompletion', params, function(failure, answer)
    if pending ~= ticket then
      return
    end
    pending = nil
    if not failure and place() == asked and inserting() then
      take(lsp, buf, answer, skipped)
    end
  end, buf)
end

--- Checks the effect of a key: the suggestion stays, or a new request replaces it.
local function look()
  local here = place()
  if here == seen or not inserting() then
    return
  end
  seen = here
  cancel()
  if live() then
    return draw()
  end
  forget()
  ask(AUTOMATIC)
end

--- A menu opened or closed: the suggestion is hidden while a menu is open, and shown again if it still fits.
local function yield_to_menu()
  if menu.open() then
    cancel()
    return screen.clear()
  end
  seen = nil
  if client.of(api.nvim_get_current_buf()) then
    look()
  end
end

local function leave()
  cancel()
  forget()
  seen = nil
end

local group = api.nvim_create_augroup('understudy.ghost', {})
menu.watch(group, yield_to_menu)

--- Enables ghost text in `buf`.
---@param buf integer
function M.attach(_, buf)
  api.nvim_clear_autocmds({ group = group, buffer = buf })
  local function on(events, callback)
    api.nvim_create_autocmd(events, { group = group, buffer = buf, callback = callback })
  end
  -- `InsertEnter` fires before the mode changes.
  on('InsertEnter', vim.schedule_wrap(look))
  on({ 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, look)
  on({ 'InsertLeave', 'BufLeave' }, leave)
  if buf == api.nvim_get_current_buf() then
    look()
  end
end

--- Whether a suggestion is visible.
function M.visible()
  return screen.visible()
end

--- Accepts the suggestion, or the leading part of it that `part` returns. Returns whether there was one.
---@param part? fun(rest: string): string
function M.accept(part)
  local current, rest = live()
  if not rest or not screen.visible() then
    return false
  end
  local lsp, piece = offer.lsp, part and part(rest) or rest
  local whole = piece == rest
  -- One undo point before the text, and one after it for further typing.
  vim.go.undolevels = vim.go.undolevels
  item.put(piece, whole and #current.covered or 0)
  api.nvim_feedkeys(vim.keycode('<C-g>u'), 'ni', false)
  if whole then
    forget()
    local command = current.raw.command
    if command then
      client.request(lsp, 'workspace/executeCommand', {
        command = command.command,
        arguments = command.arguments,
      }, function() end, current.buf)
    end
    return true
  end
  local length = client.units(current.text:sub(1, #current.text - #rest + #piece))
  client.notify(lsp, 'textDocument/didPartiallyAcceptCompletion', { item = current.raw, acceptedLength = length })
  draw()
  return true
end

--- Shows the suggestion `count` positions further; requests more if there is only one.
---@param count integer
function M.cycle(count)
  if #offer.items > 1 then
    offer.index = (offer.index + count - 1) % #offer.items + 1
    return draw()
  end
  local _, rest = live()
  ask(INVOKED, rest)
end

--- Hides the suggestion until the text changes.
function M.dismiss()
  cancel()
  forget()
end

--- Sends a request now, even where none is sent automatically.
function M.trigger()
  ask(INVOKED)
end

return M
