-- A language server inside Neovim with scripted answers, for cases that are rare with the real server: late
-- answers, several items, ranges that cover closing brackets.
local M = {
  -- Received messages, in order: { method, params }.
  log = {},
  -- { before = text left of the cursor, text = …, covers = characters right of it } or { before, none = true } for `null`.
  offers = {},
  -- While true, answers to inline completion are kept in `held`.
  hold = false,
  held = {},
  encoding = 'utf-8',
}

local function byte(line, character)
  if M.encoding == 'utf-8' then
    return character
  end
  return vim.str_byteindex(line, M.encoding, character, false)
end

local function answer(params)
  local at = params.position
  local buf = vim.uri_to_bufnr(params.textDocument.uri)
  local line = vim.api.nvim_buf_get_lines(buf, at.line, at.line + 1, false)[1] or ''
  local before, items = line:sub(1, byte(line, at.character)), {}
  for _, offer in ipairs(M.offers) do
    if before == offer.before and offer.none then
      return vim.NIL
    end
    if before == offer.before then
      local last = { line = at.line, character = at.character + (offer.covers or 0) }
      table.insert(items, { insertText = offer.text, range = { start = at, ['end'] = last } })
    end
  end
  return { items = items }
end

local function results(method, params)
  if method == 'initialize' then
    return { capabilities = { inlineCompletionProvider = true, textDocumentSync = 2, positionEncoding = M.encoding } }
  end
  return method == 'textDocument/inlineCompletion' and answer(params) or vim.NIL
end

function M.cmd(dispatchers)
  local closing, last = false, 0
  local server = {}

  function server.request(method, params, callback, replied)
    last = last + 1
    local id, result = last, results(method, params)
    table.insert(M.log, { method, params })
    local function reply()
      vim.schedule(function()
        if replied then
          replied(id)
        end
        callback(nil, result)
      end)
    end
    if M.hold and method == 'textDocument/inlineCompletion' then
      table.insert(M.held, reply)
    else
      reply()
    end
    return true, id
  end

  function server.notify(method, params)
    table.insert(M.log, { method, params })
    if method == 'exit' then
      server.terminate()
    end
    return true
  end

  function server.is_closing()
    return closing
  end

  function server.terminate()
    if not closing then
      closing = true
      dispatchers.on_exit(0, 0)
    end
  end

  return server
end

function M.release()
  M.hold = false
  for _, reply in ipairs(M.held) do
    reply()
  end
  M.held = {}
end

return M
