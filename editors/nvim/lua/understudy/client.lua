--- One interface to Neovim's LSP client from 0.10 (functions) to 0.12 (methods).
local M = {}

local METHODS = vim.fn.has('nvim-0.11') == 1

local function call(client, name, ...)
  if METHODS then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- The Understudy client attached to `buf`, if any.
---@param buf integer
---@return vim.lsp.Client?
function M.of(buf)
  return vim.lsp.get_clients({ bufnr = buf, name = 'understudy' })[1]
end

--- Sends a request about `buf`. Returns its id, or nil if the server has exited.
function M.request(client, method, params, handler, buf)
  local sent, id = call(client, 'request', method, params, handler, buf)
  return sent and id or nil
end

function M.cancel(client, id)
  call(client, 'cancel_request', id)
end

function M.notify(client, method, params)
  call(client, 'notify', method, params)
end

function M.stop(client)
  call(client, 'stop')
end

function M.is_stopped(client)
  return call(client, 'is_stopped')
end

--- Whether `client` is running and is the one that `config` would start.
function M.serves(client, config)
  local same = client.name == config.name and client.config.root_dir == config.root_dir
  return same and not M.is_stopped(client)
end

--- The loaded buffer of a document at the version that the server means.
---@param document { uri: string, version: integer }
---@return integer?
function M.buffer(document)
  local buf = vim.fn.bufnr(vim.uri_to_fname(document.uri))
  local known = buf > 0 and vim.api.nvim_buf_is_loaded(buf) and vim.lsp.util.buf_versions[buf]
  return known == document.version and buf or nil
end

--- The byte column in `line` of `character`, counted in the client's encoding.
---@param client vim.lsp.Client
---@param line string
---@param character integer
function M.byte(client, line, character)
  local encoding = client.offset_encoding
  if encoding == 'utf-8' then
    return math.min(character, #line)
  end
  if METHODS then
    return vim.str_byteindex(line, encoding, character, false)
  end
  local utf32, utf16 = vim.str_utfindex(line)
  local last = encoding == 'utf-16' and utf16 or utf32
  return vim.str_byteindex(line, math.min(character, last), encoding == 'utf-16')
end

--- The character in the client's encoding at the byte column `byte` of `line`.
---@param client vim.lsp.Client
---@param line string
---@param byte integer
function M.character(client, line, byte)
  local head = line:sub(1, byte)
  if client.offset_encoding == 'utf-8' then
    return #head
  end
  return client.offset_encoding == 'utf-16' and M.units(head) or vim.fn.strchars(head)
end

--- The length of `text` in UTF-16 code units.
---@param text string
function M.units(text)
  if METHODS then
    return vim.str_utfindex(text, 'utf-16')
  end
  return (select(2, vim.str_utfindex(text)))
end

return M
