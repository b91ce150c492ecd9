--- Renames the uses of a definition with another language server. The user has renamed the definition by typing, so
--- that server no longer finds its uses: the old name is put back, and the server renames it.
local client = require('understudy.client')

local api = vim.api
local M = {}

local METHOD = 'textDocument/rename'
local SPACE = api.nvim_create_namespace('understudy.rename')
--- Milliseconds in which the other server must answer.
local PATIENCE = 5000
--- A character of a name; every byte beyond ASCII counts as one.
local WORD = '[%w_\128-\255]'

local function say(text, level)
  vim.notify('understudy: ' .. text, level or vim.log.levels.INFO)
end

--- The server that can rename a definition, if there is one.
---@param definition table? as the Understudy server sent it
---@return vim.lsp.Client?
function M.server(definition)
  local buf = definition and client.buffer(definition.textDocument)
  for _, server in ipairs(buf and vim.lsp.get_clients({ bufnr = buf, method = METHOD }) or {}) do
    if not client.is_stopped(server) then
      return server
    end
  end
end

--- The edits of each file in a workspace edit, by path.
local function edits_by_file(answer)
  local files = {}
  for uri, edits in pairs(answer.changes or {}) do
    files[vim.uri_to_fname(uri)] = edits
  end
  for _, it in ipairs(answer.documentChanges or {}) do
    if it.edits then
      local file = vim.uri_to_fname(it.textDocument.uri)
      files[file] = vim.list_extend(files[file] or {}, it.edits)
    end
  end
  return files
end

--- Why an answer is not the rename of the name at `at`, or nil. An edit may replace a part of the name.
local function problem(failure, answer, file, at)
  if failure then
    return type(failure) == 'table' and failure.message or tostring(failure)
  end
  local own = type(answer) == 'table' and edits_by_file(answer)[file] or {}
  for _, edit in ipairs(own) do
    local start, stop = edit.range.start, edit.range['end']
    local before = start.line < at.line or start.line == at.line and start.character <= at.stop
    local behind = stop.line > at.line or stop.line == at.line and stop.character >= at.start
    if before and behind then
      return nil
    end
  end
  return 'its answer does not contain the definition'
end

local function short(file)
  return vim.fn.fnamemodify(file, ':~:.')
end

--- Why a file of an answer cannot be changed, or nil. Loads the files.
local function unchangeable(files)
  for file in pairs(files) do
    local buf = vim.fn.bufadd(file)
    -- Another editor may have the file open.
    if not pcall(vim.fn.bufload, buf) or not vim.bo[buf].modifiable then
      return short(file) .. ' cannot be changed'
    end
  end
end

--- `text` with `new` for each whole word `old`, and the number of these words.
local function replaced(text, old, new)
  local count = 0
  local found = text:gsub(WORD .. '+', function(word)
    if word == old then
      count = count + 1
      return new
    end
  end)
  return found, count
end

--- Whether a text differs from another only in the old name, which is the new one there.
local function renames(before, after, old, new)
  if before == old then
    -- As a shorthand: `{ name }` becomes `{ name: new }`.
    return select(2, replaced(after, new, '')) > 0
  end
  local only, count = replaced(before, old, new)
  -- Some of the names in a longer range may have another meaning.
  return count > 0 and only == replaced(after, old, new)
end

--- The edits of a buffer as ranges of bytes of its text, in order.
local function changes(server, lines, edits)
  local starts, total = {}, 0
  for row, line in ipairs(lines) do
    starts[row] = total
    total = total + #line + 1
  end
  local function offset(position)
    local line = lines[position.line + 1]
    return line and starts[position.line + 1] + client.byte(server, line, position.character) or total
  end
  local found = vim.tbl_map(function(edit)
    local text = edit.newText:gsub('\r\n?', '\n')
    return { from = offset(edit.range.start), to = offset(edit.range['end']), text = text, row = edit.range.start.line }
  end, edits)
  table.sort(found, function(a, b)
    return a.from < b.from
  end)
  return found
end

--- The row of an edit that replaces anything but the old name, or nil. Edits within one word are taken together.
local function wrong_row(server, buf, edits, old, new)
  local lines = api.nvim_buf_get_lines(buf, 0, -1, false)
  local text = table.concat(lines, '\n') .. '\n'
  local list = changes(server, lines, edits)
  local at = 1
  while at <= #list do
    local row, first = list[at].row, list[at].from
    first = first - #text:sub(1, first):match(WORD .. '*$')
    local last, after = first, ''
    repeat
      local it = list[at]
      after = after .. text:sub(last + 1, it.from) .. it.text
      last, at = it.to, at + 1
      local stop = last + #text:match('^' .. WORD .. '*', last + 1)
    until not list[at] or list[at].from > stop
    local tail = text:match('^' .. WORD .. '*', last + 1)
    if not renames(text:sub(first + 1, last) .. tail, after .. tail, old, new) then
      return row
    end
  end
end

--- The file and line of an edit that replaces anything but the old name, or nil. Wrong positions are the usual cause.
local function wrong_place(server, files, old, new)
  for file, edits in pairs(files) do
    -- A position may be outside of the file.
    local fine, row = pcall(wrong_row, server, vim.fn.bufadd(file), edits, old, new)
    if not fine or row then
      return short(file) .. (fine and ':' .. row + 1 or '')
    end
  end
end

--- The files that contain the new name already.
local function containing(files, new)
  local found = {}
  for file in pairs(files) do
    local lines = api.nvim_buf_get_lines(vim.fn.bufadd(file), 0, -1, false)
    if select(2, replaced(table.concat(lines, '\n'), new, '')) > 0 then
      table.insert(found, short(file))
    end
  end
  return table.concat(found, ', ')
end

--- Puts the new name back where the old one is now.
local function restore(buf, mark, old, new)
  local row, col, details = unpack(api.nvim_buf_get_extmark_by_id(buf, SPACE, mark, { details = true }))
  local stop_row, stop = details.end_row, details.end_col
  if table.concat(api.nvim_buf_get_text(buf, row, col, stop_row, stop, {}), '\n') == old then
    api.nvim_buf_set_text(buf, row, col, stop_row, stop, { new })
  end
end

--- Sends the request while the buffer has the old name. Calls `done` with the answer, or nil and a reason.
local function ask(server, buf, at, old, new, done)
  local tick = api.nvim_buf_get_changedtick(buf)
  local timer = vim.uv.new_timer()
  local id
  local function finish(failure, answer)
    if not timer then
      return
    end
    timer:close()
    timer = nil
    if not api.nvim_buf_is_loaded(buf) then
      return
    end
    local reason = problem(failure, answer, api.nvim_buf_get_name(buf), at)
      -- The user or a plugin may change the text meanwhile.
      or api.nvim_buf_get_changedtick(buf) ~= tick and 'the text has changed'
      or unchangeable(edits_by_file(answer))
    local place = not reason and wrong_place(server, edits_by_file(answer), old, new)
    reason = reason or place and ('%s: its edit does not replace %s'):format(place, old)
    done(not reason and answer or nil, reason)
  end
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buf),
    position = { line = at.line, character = at.start },
    newName = new,
  }
  id = client.request(server, METHOD, params, vim.schedule_wrap(finish), buf)
  if not id then
    return finish('it is not running')
  end
  timer:start(
    PATIENCE,
    0,
    vim.schedule_wrap(function()
      if timer then
        client.cancel(server, id)
        finish(('no answer within %d s'):format(PATIENCE / 1000))
      end
    end)
  )
end

local function apply(server, answer, old, new)
  local files = edits_by_file(answer)
  local known = containing(files, new)
  vim.lsp.util.apply_workspace_edit(answer, server.offset_encoding)
  local count = vim.tbl_count(files)
  local text = ('%s renamed %s to %s in %d %s'):format(server.name, old, new, count, count == 1 and 'file' or 'files')
  if known == '' then
    say(text)
  else
    say(('%s; %s was used before in %s, check it'):format(text, new, known), vim.log.levels.WARN)
  end
end

--- Renames the definition everywhere as one undo step in each file. If the other server gives no right answer, the text
--- stays as it is, and the user gets the reason. Returns whether the server was asked; `done` is called after its answer.
---@param lsp vim.lsp.Client the Understudy client
---@param definition table
---@param done fun()
function M.run(lsp, definition, done)
  local buf, server = client.buffer(definition.textDocument), M.server(definition)
  if not buf or not server or not vim.bo[buf].modifiable then
    return false
  end
  local old, row = definition.oldName, definition.range.start.line
  local line = api.nvim_buf_get_lines(buf, row, row + 1, true)[1]
  local start = client.byte(lsp, line, definition.range.start.character)
  local stop = client.byte(lsp, line, definition.range['end'].character)
  local new = line:sub(start + 1, stop)
  local first = client.character(server, line, start)
  local at = { line = row, start = first, stop = first + client.character(server, old, #old) }
  -- One undo point before the text.
  vim.go.undolevels = vim.go.undolevels
  api.nvim_buf_set_text(buf, row, start, row, stop, { old })
  local mark = api.nvim_buf_set_extmark(buf, SPACE, row, start, { end_row = row, end_col = start + #old })
  local tick = api.nvim_buf_get_changedtick(buf)
  ask(server, buf, at, old, new, function(answer, reason)
    if api.nvim_buf_get_changedtick(buf) == tick then
      -- One undo step with the old name.
      api.nvim_buf_call(buf, function()
        pcall(vim.cmd.undojoin)
      end)
    end
    if answer then
      apply(server, answer, old, new)
    else
      restore(buf, mark, old, new)
      say(('%s cannot rename %s to %s: %s'):format(server.name, old, new, reason), vim.log.levels.WARN)
    end
    api.nvim_buf_del_extmark(buf, SPACE, mark)
    done()
  end)
  return true
end

return M
