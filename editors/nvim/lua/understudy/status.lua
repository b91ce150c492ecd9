--- The state of the providers and what is blocked, for the statusline and for `:Understudy status`.
local client = require('understudy.client')

local api = vim.api
local M = {}

--- The last status of each buffer.
---@type table<integer, table>
local known = {}

--- `it`, or nil for the server's `null`.
local function value(it)
  return it ~= vim.NIL and it or nil
end

--- Requests the status of `buf`, and calls `done` with it, or with nil if the request fails.
---@param buf integer
---@param done? fun(status?: table)
function M.ask(buf, done)
  local lsp = client.of(buf)
  if not lsp then
    return
  end
  local params = { textDocument = { uri = vim.uri_from_bufnr(buf) } }
  client.request(lsp, 'understudy/status', params, function(failure, status)
    if not failure and type(status) == 'table' then
      known[buf] = status
      vim.cmd.redrawstatus({ bang = true })
    else
      status = nil
    end
    if done then
      done(status)
    end
  end, buf)
end

--- Handles `understudy/status`: it is about one document, so the status of each visible buffer is requested again.
function M.hear()
  for _, win in ipairs(api.nvim_list_wins()) do
    M.ask(api.nvim_win_get_buf(win))
  end
end

--- Keeps the status of visible buffers up to date.
---@param group integer an autocommand group
function M.watch(group)
  api.nvim_create_autocmd('BufEnter', {
    group = group,
    callback = function(event)
      M.ask(event.buf)
    end,
  })
  api.nvim_create_autocmd({ 'BufDelete', 'LspDetach' }, {
    group = group,
    callback = function(event)
      known[event.buf] = nil
    end,
  })
end

local function dollars(amount)
  return amount > 0 and amount < 0.01 and 'under $0.01' or ('$%.2f'):format(amount)
end

--- A short status of the current buffer; empty if no server is attached. It does not depend on colour.
function M.statusline()
  local buf = vim.g.statusline_winid and api.nvim_win_get_buf(vim.g.statusline_winid) or api.nvim_get_current_buf()
  local status = known[buf]
  if not status then
    return ''
  end
  if status.state == 'paused' then
    return 'understudy: paused'
  elseif status.state == 'blocked' then
    return 'understudy: off here'
  end
  local words = { 'understudy: ' .. (value(status.serving) or 'built in') }
  local out = vim.tbl_filter(function(it)
    return not it.up
  end, status.providers)
  if #out > 0 then
    table.insert(words, #out .. ' out')
  end
  if value(status.spentToday) then
    table.insert(words, dollars(status.spentToday))
  end
  -- A percent sign has a meaning in a statusline, so it is escaped.
  return (table.concat(words, ', '):gsub('%%', '%%%%'))
end

--- A status as lines: the message, the providers, what is blocked and by which rule, why nothing was shown, today's cost.
---@param status table
---@return string[]
function M.lines(status)
  local lines = { status.message }
  for _, it in ipairs(status.providers) do
    local out = value(it.reason) and 'out: ' .. it.reason or 'out'
    table.insert(lines, ('  %s is %s'):format(it.name, it.up and 'up' or out))
  end
  local what = {
    everything = 'nothing is suggested or sent',
    unasked = 'suggestions only on request',
    nextEdits = 'no next edits',
  }
  for _, it in ipairs(status.blocked) do
    table.insert(lines, ('  %s: %s (%s)'):format(what[it.what] or 'no requests to ' .. it.what, it.reason, it.rule))
  end
  if value(status.silence) then
    table.insert(lines, '  ' .. status.silence.message)
  end
  if value(status.spentToday) then
    table.insert(lines, ('  %s today'):format(dollars(status.spentToday)))
  end
  return lines
end

return M
