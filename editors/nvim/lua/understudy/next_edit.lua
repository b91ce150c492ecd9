--- The next edit: displays where the server suggests the change that was just made, jumps there and applies it.
--- It is requested after a pause in typing, in normal mode and after one was applied. The server decides whether
--- there is one; ghost text and completion menus take precedence.
local client = require('understudy.client')
local menu = require('understudy.menu')
local rename = require('understudy.rename')

local api = vim.api
local M = {}

local METHOD = 'understudy/nextEdit'
local SPACE = api.nvim_create_namespace('understudy.next_edit')
local OLD, NEW, SIGN = 'UnderstudyNextEditOld', 'UnderstudyNextEditNew', 'UnderstudyNextEditSign'
--- Milliseconds without a change after which a request is sent. Longer in insert mode: the text disturbs typing.
local PAUSE, TYPING = 10, 300

---@class understudy.NextEdit
---@field lsp vim.lsp.Client
---@field buf integer the buffer of the edit
---@field tick integer its `changedtick` at the request
---@field row integer the first line of the range, from 0
---@field raw table the edit as the server sent it
---@field told boolean? whether the server was notified that it is visible

---@type understudy.NextEdit?
local edit
--- A rename to a name that exists already: `{ buf, tick, row, message }`.
local conflict
--- Whether another server renames: the text has the old name meanwhile.
local renaming = false
---@type { lsp: vim.lsp.Client, id: integer? }?
local pending
local timer

local function inserting()
  return vim.startswith(api.nvim_get_mode().mode, 'i')
end

--- Whether the edit may be displayed now.
local function free()
  local mode = api.nvim_get_mode().mode
  local ghost = inserting() and require('understudy').road().visible()
  return (mode == 'n' or inserting()) and not ghost and not menu.open()
end

local function clear()
  for _, buf in ipairs(api.nvim_list_bufs()) do
    if api.nvim_buf_is_loaded(buf) then
      api.nvim_buf_clear_namespace(buf, SPACE, 0, -1)
    end
  end
end

local function cancel()
  if pending and pending.id then
    client.cancel(pending.lsp, pending.id)
  end
  pending = nil
  if timer then
    timer:stop()
  end
end

local function forget()
  edit, conflict = nil, nil
  clear()
end

--- Row and byte column of a position from the server.
local function place(lsp, buf, position)
  local line = api.nvim_buf_get_lines(buf, position.line, position.line + 1, false)[1] or ''
  return position.line, client.byte(lsp, line, position.character)
end

--- Whether the edit still fits its buffer.
local function current()
  local fits = edit
    and api.nvim_buf_is_loaded(edit.buf)
    and vim.bo[edit.buf].modifiable
    and api.nvim_buf_get_changedtick(edit.buf) == edit.tick
  return fits and edit or nil
end

local function on_screen(it)
  return it.buf == api.nvim_get_current_buf() and it.row >= vim.fn.line('w0') - 1 and it.row <= vim.fn.line('w$') - 1
end

--- Draws the old text struck through, the new text after it, and a sign.
local function draw_at(it)
  local row, col = place(it.lsp, it.buf, it.raw.range.start)
  local last, stop = place(it.lsp, it.buf, it.raw.range['end'])
  local lines = vim.split(it.raw.text, '\n', { plain = true })
  local first = table.remove(lines, 1)
  local below = vim.tbl_map(function(line)
    return { { line, NEW } }
  end, lines)
  if row ~= last or col ~= stop then
    api.nvim_buf_set_extmark(it.buf, SPACE, row, col, { end_row = last, end_col = stop, hl_group = OLD, strict = false })
  end
  api.nvim_buf_set_extmark(it.buf, SPACE, last, stop, {
    virt_text = first ~= '' and { { first, NEW } } or nil,
    virt_text_pos = 'inline',
    virt_lines = #below > 0 and below or nil,
    sign_text = '»',
    sign_hl_group = SIGN,
    strict = false,
  })
end

local function key_of(action)
  return (require('understudy').options.keys or {})[action]
end

--- Draws that another server can rename all uses at once.
local function draw_rename(it)
  local server = rename.server(it.raw.definition)
  if server then
    local text = ('  %s rename all with %s'):format(key_of('rename') or ':Understudy rename', server.name)
    api.nvim_buf_set_extmark(it.buf, SPACE, it.row, 0, { virt_text = { { text, SIGN } }, virt_text_pos = 'eol' })
  end
end

--- Draws after the cursor's line where the edit is, if it is not on the screen.
local function draw_hint(it)
  local key = key_of('accept')
  local file = it.buf ~= api.nvim_get_current_buf() and vim.fn.fnamemodify(api.nvim_buf_get_name(it.buf), ':t') .. ' ' or ''
  local text = ('  %s next edit: %sline %d'):format(key or '»', file, it.row + 1)
  local row = api.nvim_win_get_cursor(0)[1] - 1
  api.nvim_buf_set_extmark(0, SPACE, row, 0, { virt_text = { { text, SIGN } }, virt_text_pos = 'eol' })
end

--- Draws why the uses of a renamed definition are not suggested.
local function draw_conflict()
  local it = conflict
  if it and api.nvim_buf_is_loaded(it.buf) and api.nvim_buf_get_changedtick(it.buf) == it.tick then
    local text = { { '  ' .. it.message, 'DiagnosticWarn' } }
    api.nvim_buf_set_extmark(it.buf, SPACE, it.row, 0, { virt_text = text, virt_text_pos = 'eol', strict = false })
  end
end

local function draw()
  clear()
  local it = current()
  if not free() then
    return
  end
  if not it then
    return draw_conflict()
  end
  draw_at(it)
  draw_rename(it)
  if not on_screen(it) then
    draw_hint(it)
  end
  if not it.told then
    it.told = true
    client.notify(it.lsp, 'textDocument/didShowInlineEdit', { item = { command = it.raw.command } })
  end
end

local function take(lsp, answer)
  local raw = answer and answer.edits and answer.edits[1]
  local buf = raw and client.buffer(raw.textDocument)
  if not buf then
    forget()
    local definition = answer and answer.conflict and answer.conflict.definition
    local home = definition and client.buffer(definition.textDocument)
    if home then
      local tick = api.nvim_buf_get_changedtick(home)
      conflict = { buf = home, tick = tick, row = definition.range.start.line, message = answer.conflict.message }
      draw()
    end
    return
  end
  local told = edit and edit.told and vim.deep_equal(edit.raw.command, raw.command)
  edit = { lsp = lsp, buf = buf, raw = raw, row = raw.range.start.line, tick = api.nvim_buf_get_changedtick(buf), told = told }
  draw()
end

local function ask()
  local buf = api.nvim_get_current_buf()
  local lsp = client.of(buf)
  local version = vim.lsp.util.buf_versions[buf]
  if not lsp or not version or not free() then
    return
  end
  local ticket, tick = { lsp = lsp }, api.nvim_buf_get_changedtick(buf)
  pending = ticket
  local params = vim.lsp.util.make_position_params(0, lsp.offset_encoding)
  params.textDocument.version = version
  ticket.id = client.request(lsp, METHOD, params, function(failure, answer)
    if pending ~= ticket then
      return
    end
    pending = nil
    if not failure and buf == api.nvim_get_current_buf() and api.nvim_buf_get_changedtick(buf) == tick then
      take(lsp, answer)
    end
  end, buf)
end

--- Requests an edit after a pause.
local function later()
  if renaming then
    return
  end
  cancel()
  if not current() then
    forget()
  end
  timer = timer or vim.uv.new_timer()
  timer:start(inserting() and TYPING or PAUSE, 0, vim.schedule_wrap(ask))
end

local group = api.nvim_create_augroup('understudy.next_edit', {})
menu.watch(group, draw)

--- Requests and displays next edits in `buf`.
---@param buf integer
function M.attach(_, buf)
  api.nvim_clear_autocmds({ group = group, buffer = buf })
  local function on(events, callback)
    api.nvim_create_autocmd(events, { group = group, buffer = buf, callback = callback })
  end
  on({ 'TextChanged', 'TextChangedI', 'InsertLeave', 'BufEnter' }, later)
  on({ 'CursorMoved', 'CursorMovedI', 'InsertEnter' }, draw)
end

--- Whether an edit is visible.
function M.visible()
  return current() ~= nil and #api.nvim_buf_get_extmarks(edit.buf, SPACE, 0, -1, { limit = 1 }) > 0
end

local function jump(it)
  vim.cmd("normal! m'")
  if it.buf ~= api.nvim_get_current_buf() then
    vim.cmd.buffer(it.buf)
  end
  local row, col = place(it.lsp, it.buf, it.raw.range.start)
  api.nvim_win_set_cursor(0, { row + 1, col })
  draw()
end

--- Tells the server that the edit is accepted.
local function report(it)
  client.request(it.lsp, 'workspace/executeCommand', {
    command = it.raw.command.command,
    arguments = it.raw.command.arguments,
  }, function() end, it.buf)
end

local function apply(it)
  local raw = it.raw
  cancel()
  forget()
  -- One undo point before the text.
  vim.go.undolevels = vim.go.undolevels
  local row, col = place(it.lsp, it.buf, raw.range.start)
  vim.lsp.util.apply_text_edits({ { range = raw.range, newText = raw.text } }, it.buf, it.lsp.offset_encoding)
  local lines = vim.split(raw.text, '\n', { plain = true })
  local stop = #lines > 1 and #lines[#lines] or col + #raw.text
  pcall(api.nvim_win_set_cursor, 0, { row + #lines, stop })
  report(it)
  later()
end

--- Jumps to the edit if it is more than a line away, otherwise applies it. Returns whether there was one.
function M.accept()
  local it = M.visible() and current()
  if not it then
    return false
  end
  local here = it.buf == api.nvim_get_current_buf() and math.abs(api.nvim_win_get_cursor(0)[1] - 1 - it.row) <= 1
  if here then
    apply(it)
  else
    jump(it)
  end
  return true
end

--- Whether a visible edit renames a use, and another server can rename all uses at once.
function M.renames()
  local it = M.visible() and current()
  return it and rename.server(it.raw.definition) ~= nil
end

--- Lets that server rename all uses. Returns whether it was asked. If it cannot, the edit is requested again.
function M.rename()
  local it = M.renames() and current()
  if not it then
    return false
  end
  cancel()
  forget()
  -- The old name in the text is no rejection.
  report(it)
  renaming = true
  local asked = rename.run(it.lsp, it.raw.definition, function()
    renaming = false
    later()
  end)
  renaming = renaming and asked
  return asked
end

--- Rejects the edit: it is not suggested at this place again. Returns whether there was one.
function M.dismiss()
  local it = M.visible() and current()
  if not it then
    return false
  end
  forget()
  client.request(it.lsp, 'workspace/executeCommand', {
    command = 'understudy.nextEdit.reject',
    arguments = it.raw.command.arguments,
  }, function() end, it.buf)
  return true
end

return M
