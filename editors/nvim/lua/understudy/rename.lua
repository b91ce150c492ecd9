--- Renames the uses of a definition with another language server. The user has renamed the definition by typing, so
--- that server no longer finds its uses: the old name is put back, and the server renames it.
local client = require('understudy.client')

local api = vim.api
local M = {}

local METHOD = 'textDocument/rename'
local SPACE = api.nvim_create_namespace('understudy.rename')
--- Milliseconds in which the other server must answer.
local PATIENCE = 5000

local function say(text, level)
  vim.notify('understudy: ' .. text, level or vim.log.levels.INFO)
end

--- The server that can rename a definition, if there is one.
---@param definition table? as the Understudy server sent it
---@return vim.lsp.Client?
function M.server(definition)
  local buf = definition and client.buffer(definition.textDocument)
  return buf and vim.lsp.get_clients({ bufnr = buf, method = METHOD })[1]
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
    if start.line == at.line and start.character <= at.stop and stop.character >= at.start then
      return nil
    end
  end
  return 'its answer does not contain the definition'
end

--- Why a file of an answer cannot be changed, or nil. Loads the files.
local function unchangeable(files)
  for file in pairs(files) do
    local buf = vim.fn.bufadd(file)
    -- Another editor may have the file open.
    if not pcall(vim.fn.bufload, buf) or not vim.bo[buf].modifiable then
      return vim.fn.fnamemodify(file, ':~:.') .. ' cannot be changed'
    end
  end
end

--- Sends the request while the buffer has the old name. Returns the answer, or nil and a reason.
local function ask(server, buf, at, new)
  local tick = api.nvim_buf_get_changedtick(buf)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buf),
    position = { line = at.line, character = at.start },
    newName = new,
  }
  local reply, failure = client.request_sync(server, METHOD, params, PATIENCE, buf)
  local answer = reply and reply.result
  local reason = problem(failure or reply and reply.err, answer, api.nvim_buf_get_name(buf), at)
    -- A plugin may change the text meanwhile.
    or api.nvim_buf_get_changedtick(buf) ~= tick and 'the text has changed'
    or unchangeable(edits_by_file(answer))
  return not reason and answer or nil, reason
end

--- Puts the new name back where the old one is now.
local function restore(buf, mark, old, new)
  local row, col, details = unpack(api.nvim_buf_get_extmark_by_id(buf, SPACE, mark, { details = true }))
  local stop_row, stop = details.end_row, details.end_col
  if table.concat(api.nvim_buf_get_text(buf, row, col, stop_row, stop, {}), '\n') == old then
    api.nvim_buf_set_text(buf, row, col, stop_row, stop, { new })
  end
end

--- Renames the definition everywhere as one undo step in each file. `begin` is called once the answer is known to be
--- right. If there is none, the text stays as it is, and the user gets the reason. Returns whether it was renamed.
---@param lsp vim.lsp.Client the Understudy client
---@param definition table
---@param begin fun()
function M.run(lsp, definition, begin)
  local buf, server = client.buffer(definition.textDocument), M.server(definition)
  if not buf or not server then
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
  local answer, reason = ask(server, buf, at, new)
  if not answer then
    restore(buf, mark, old, new)
    say(('%s cannot rename %s to %s: %s'):format(server.name, old, new, reason), vim.log.levels.WARN)
  else
    begin()
    vim.lsp.util.apply_workspace_edit(answer, server.offset_encoding)
    local files = vim.tbl_count(edits_by_file(answer))
    say(('%s renamed %s to %s in %d %s'):format(server.name, old, new, files, files == 1 and 'file' or 'files'))
  end
  api.nvim_buf_del_extmark(buf, SPACE, mark)
  return answer ~= nil
end

return M
