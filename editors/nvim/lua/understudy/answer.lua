--- Streams text answers into a float. There is one float: the next answer replaces the previous one.
local M = {}

local float = {}

local function is_open()
  return float.win ~= nil and vim.api.nvim_win_is_valid(float.win)
end

local function open(title)
  if not (float.buf and vim.api.nvim_buf_is_valid(float.buf)) then
    float.buf = vim.api.nvim_create_buf(false, true)
    vim.bo[float.buf].filetype = 'markdown'
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = float.buf, desc = 'Close the answer' })
  end
  vim.api.nvim_buf_set_lines(float.buf, 0, -1, false, {})
  local columns, lines = vim.o.columns, vim.o.lines
  local width = math.max(20, math.min(80, columns - 4))
  local config = {
    relative = 'editor',
    width = width,
    height = math.max(3, math.floor(lines / 3)),
    row = 1,
    col = columns - width - 2,
    border = 'rounded',
    title = ' ' .. title .. ' ',
    style = 'minimal',
  }
  if is_open() then
    vim.api.nvim_win_set_config(float.win, config)
    return
  end
  float.win = vim.api.nvim_open_win(float.buf, false, config)
  vim.wo[float.win].wrap = true
  vim.wo[float.win].linebreak = true
end

local function append(text)
  local last = vim.api.nvim_buf_get_lines(float.buf, -2, -1, false)[1] or ''
  local lines = vim.split(last .. text, '\n', { plain = true })
  vim.api.nvim_buf_set_lines(float.buf, -2, -1, false, lines)
  if is_open() then
    vim.api.nvim_win_set_cursor(float.win, { vim.api.nvim_buf_line_count(float.buf), 0 })
  end
end

--- Handles a part of `understudy/answer`. A thread is valid only for the server process that started it.
function M.hear(piece, server)
  if piece.kind == 'begin' then
    float.id, float.thread, float.server = piece.id, piece.thread, server
    open(piece.title)
  elseif piece.id ~= float.id or not vim.api.nvim_buf_is_valid(float.buf) then
    return
  elseif piece.kind == 'delta' then
    append(piece.text)
  elseif piece.kind == 'reset' then
    vim.api.nvim_buf_set_lines(float.buf, 0, -1, false, {})
  elseif piece.kind == 'end' then
    local failed = piece.error ~= vim.NIL and piece.error
    local by = piece.provider ~= vim.NIL and piece.provider or ''
    append('\n\n*' .. (failed or by) .. '*')
  end
end

--- Asks the user for an instruction and executes the action with it.
function M.input(command, context)
  vim.ui.input({ prompt = command.title .. ' ' }, function(words)
    local client = vim.lsp.get_client_by_id(context.client_id)
    if not (client and words and words ~= '') then
      return
    end
    local act = vim.tbl_extend('force', command.arguments[1], { instruction = words })
    local params = { command = 'understudy.act', arguments = { act } }
    if vim.fn.has('nvim-0.11') == 1 then
      client:request('workspace/executeCommand', params, nil, context.bufnr)
    else
      client.request('workspace/executeCommand', params, nil, context.bufnr)
    end
  end)
end

--- Asks a question about the lines from `first` to `last`, or continues from the visible answer.
function M.ask(question, first, last)
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'understudy' })[1]
  if not client then
    return vim.notify('understudy: not attached to this buffer', vim.log.levels.WARN)
  end
  local argument = { question = question }
  if is_open() and float.thread and float.server == client.id and not first then
    argument.thread = float.thread
  else
    argument.uri = vim.uri_from_bufnr(0)
    local from = (first or vim.fn.line('.')) - 1
    argument.range = { start = { line = from, character = 0 }, ['end'] = { line = last or from, character = 0 } }
  end
  local params = { command = 'understudy.ask', arguments = { argument } }
  if vim.fn.has('nvim-0.11') == 1 then
    client:request('workspace/executeCommand', params, nil, 0)
  else
    client.request('workspace/executeCommand', params, nil, 0)
  end
end

return M
