--- Renames the uses of a definition with another language server. The user has renamed the definition by typing, so
--- that server no longer finds its uses: the old name is put back, and the server renames it.
local client = require('understudy.client')

local api = vim.api
local M = {}

local METHOD = 'textDocument/rename'
--- Milliseconds in which the other server must answer.
local PATIENCE = 5000

local function say(text, level)
  vim.notify('understudy: ' .. text, level or vim.log.levels.INFO)
end

--- The loaded buffer of a definition at the version that the definition is for.
local function target(definition)
  local buf = vim.fn.bufnr(vim.uri_to_fname(definition.textDocument.uri))
  local known = buf > 0 and api.nvim_buf_is_loaded(buf) and vim.lsp.util.buf_versions[buf]
  return known == definition.textDocument.version and buf or nil
end

--- The server that can rename a definition, if there is one.
---@param definition table? as the Understudy server sent it
---@return vim.lsp.Client?
function M.server(definition)
  local buf = definition and target(definition)
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

--- Sends the request while the buffer has the old name. Returns the answer, or nil and a reason.
local function ask(server, buf, at, new)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(buf),
    position = { line = at.line, character = at.start },
    newName = new,
  }
  local reply, failure = client.request_sync(server, METHOD, params, PATIENCE, buf)
  local answer = reply and reply.result
  local reason = problem(failure or reply and reply.err, answer, api.nvim_buf_get_name(buf), at)
  return not reason and answer or nil, reason
end

--- Renames the definition everywhere as one undo step in each file. `begin` is called once the answer is known to be
--- right. If there is none, the text stays as it is, and the user gets the reason. Returns whether it was renamed.
---@param lsp vim.lsp.Client the Understudy client
---@param definition table
---@param begin fun()
function M.run(lsp, definition, begin)
  local buf, server = target(definition), M.server(definition)
  if not buf or not server then
    return false
  end
  local row = definition.range.start.line
  local line = api.nvim_buf_get_lines(buf, row, row + 1, true)[1]
  local start = client.byte(lsp, line, definition.range.start.character)
  local new = line:sub(start + 1, client.byte(lsp, line, definition.range['end'].character))
  local old = definition.oldName
  local function put(before, after)
    api.nvim_buf_set_text(buf, row, start, row, start + #before, { after })
  end
  local first = client.character(server, line, start)
  local at = { line = row, start = first, stop = first + client.character(server, old, #old) }
  -- One undo point before the text.
  vim.go.undolevels = vim.go.undolevels
  put(new, old)
  local answer, reason = ask(server, buf, at, new)
  if not answer then
    put(old, new)
    say(('%s cannot rename %s to %s: %s'):format(server.name, old, new, reason), vim.log.levels.WARN)
    return false
  end
  begin()
  vim.lsp.util.apply_workspace_edit(answer, server.offset_encoding)
  local files = vim.tbl_count(edits_by_file(answer))
  say(('%s renamed %s to %s in %d %s'):format(server.name, old, new, files, files == 1 and 'file' or 'files'))
  return true
end

return M
