--- Shows an edit that needs confirmation as a diff in a float, and applies the hunks that the user accepts.
local api = vim.api
local M = {}

local SPACE = api.nvim_create_namespace('understudy.diff')
local CONTEXT = 3
local KEYS = ' a accept  x reject  A accept all  q reject all '

--- A hunk: lines of the old and the new text from `old` and `new`, counted from 1.
---@class understudy.Hunk
---@field document understudy.Changed
---@field old integer
---@field removed string[]
---@field added string[]
---@field new integer
---@field row integer its header in the float, from 1
---@field mark integer the extmark of its old lines
---@field accepted boolean? nil until the user decides

---@class understudy.Changed
---@field buf integer
---@field name string
---@field lines string[] its text before the edit
---@field create table? the change that creates the file

---@class understudy.Review
---@field hunks understudy.Hunk[]
---@field encoding string
---@field buf integer the float's buffer
---@field win integer
---@field closed boolean
---@field done fun(accepted: boolean)

--- Whether the edit has a change that needs confirmation, and its title.
local function asks(edit)
  for _, annotation in pairs(edit.changeAnnotations or {}) do
    if annotation.needsConfirmation then
      local found = annotation.description
      return true, found and ('%s: %s'):format(annotation.label, found) or annotation.label
    end
  end
  return false
end

--- The lines of `buf` with the edits of a change.
local function edited(buf, lines, edits, encoding)
  local scratch = api.nvim_create_buf(false, true)
  vim.bo[scratch].fixendofline = vim.bo[buf].fixendofline
  vim.bo[scratch].endofline = vim.bo[buf].endofline
  api.nvim_buf_set_lines(scratch, 0, -1, false, lines)
  vim.lsp.util.apply_text_edits(vim.deepcopy(edits), scratch, encoding)
  local new = api.nvim_buf_get_lines(scratch, 0, -1, false)
  api.nvim_buf_delete(scratch, { force = true })
  return new
end

local function loaded(uri)
  local buf = vim.uri_to_bufnr(uri)
  vim.fn.bufload(buf)
  return buf
end

--- The hunks of a document.
local function hunks_of(document, new)
  local text = function(lines)
    return #lines == 0 and '' or table.concat(lines, '\n') .. '\n'
  end
  -- A buffer without text has one empty line.
  local old = document.create and {} or document.lines
  local diff = vim.text and vim.text.diff or vim.diff
  local hunks = {}
  for _, it in ipairs(diff(text(old), text(new), { result_type = 'indices', algorithm = 'histogram' })) do
    local start, removed, from, added = unpack(it)
    -- Without removed lines, `start` is the line before the added ones.
    local first = removed == 0 and start + 1 or start
    table.insert(hunks, {
      document = document,
      old = first,
      new = from,
      removed = vim.list_slice(old, first, first + removed - 1),
      added = vim.list_slice(new, from, from + added - 1),
    })
  end
  return hunks
end

--- The hunks of all documents of an edit.
local function hunks(edit, encoding)
  local found, create = {}, nil
  for _, change in ipairs(edit.documentChanges or {}) do
    if change.kind == 'create' then
      create = change
    elseif change.textDocument then
      local buf = loaded(change.textDocument.uri)
      local lines = api.nvim_buf_get_lines(buf, 0, -1, false)
      local name = vim.fn.fnamemodify(api.nvim_buf_get_name(buf), ':~:.')
      local document = { buf = buf, name = name, lines = lines, create = create }
      local new = edited(buf, lines, change.edits, encoding)
      if create and new[#new] == '' then
        -- The end of the last line of a new file.
        table.remove(new)
      end
      vim.list_extend(found, hunks_of(document, new))
      create = nil
    end
  end
  return found
end

--- Tracks the old lines of a hunk while the user edits the buffer.
local function track(hunk)
  local row, count = hunk.old - 1, #hunk.removed
  hunk.mark = api.nvim_buf_set_extmark(hunk.document.buf, SPACE, row, 0, {
    end_row = row + count,
    end_col = 0,
    right_gravity = count > 0,
    strict = false,
  })
end

--- The unified diff of the hunks, in which each hunk knows its row.
local function draw(all)
  local lines, last = {}, nil
  for index, hunk in ipairs(all) do
    local document = hunk.document
    if document ~= last then
      table.insert(lines, ('--- %s'):format(document.create and '/dev/null' or document.name))
      table.insert(lines, ('+++ %s'):format(document.name))
      last = document
    end
    local before, behind = all[index - 1], all[index + 1]
    local same = function(other)
      return other and other.document == document
    end
    local first = math.max(hunk.old - CONTEXT, same(before) and before.old + #before.removed or 1)
    local stop = hunk.old + #hunk.removed
    local final = math.min(stop + CONTEXT - 1, same(behind) and behind.old - 1 or #document.lines)
    final = document.create and 0 or final
    table.insert(lines, ('@@ -%d,%d +%d,%d @@'):format(hunk.old, #hunk.removed, hunk.new, #hunk.added))
    hunk.row = #lines
    local function put(mark, texts)
      for _, text in ipairs(texts) do
        table.insert(lines, mark .. text)
      end
    end
    put(' ', vim.list_slice(document.lines, first, hunk.old - 1))
    put('-', hunk.removed)
    put('+', hunk.added)
    put(' ', vim.list_slice(document.lines, stop, final))
  end
  return lines
end

local function float(lines, title)
  local buf = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].filetype, vim.bo[buf].bufhidden, vim.bo[buf].modifiable = 'diff', 'wipe', false
  local width = math.max(20, math.min(100, vim.o.columns - 4))
  local height = math.max(1, math.min(#lines, vim.o.lines - 6))
  local win = api.nvim_open_win(buf, false, {
    relative = 'editor',
    width = width,
    height = height,
    row = 1,
    col = math.floor((vim.o.columns - width) / 2),
    border = 'rounded',
    title = ' ' .. title .. ' ',
    footer = KEYS,
    footer_pos = 'center',
    style = 'minimal',
  })
  vim.wo[win].wrap = false
  return buf, win
end

--- Enters the float once the user does not type: it would take the next keys. A selection is ended.
local function enter(win)
  local function try()
    local is_open = api.nvim_win_is_valid(win)
    local mode = api.nvim_get_mode().mode
    if is_open and mode:match('^[nvV\22]') then
      if mode ~= 'n' then
        vim.cmd.normal({ '\27', bang = true })
      end
      return api.nvim_set_current_win(win)
    end
    if is_open then
      api.nvim_create_autocmd('ModeChanged', { once = true, callback = vim.schedule_wrap(try) })
    end
  end
  try()
end

--- Replaces the old lines of the accepted hunks. Hunks whose old lines have changed are left out. Returns whether all
--- of them fit.
local function apply(all, encoding)
  local fits = true
  for index = #all, 1, -1 do
    local hunk = all[index]
    local document = hunk.document
    if hunk.accepted and document.create then
      vim.lsp.util.apply_workspace_edit({ documentChanges = { document.create } }, encoding)
      api.nvim_buf_set_lines(document.buf, 0, -1, false, hunk.added)
    elseif hunk.accepted then
      local at = api.nvim_buf_get_extmark_by_id(document.buf, SPACE, hunk.mark, { details = true })
      local first, last = at[1], at[3].end_row
      if vim.deep_equal(api.nvim_buf_get_lines(document.buf, first, last, false), hunk.removed) then
        api.nvim_buf_set_lines(document.buf, first, last, false, hunk.added)
      else
        fits = false
      end
    end
  end
  return fits
end

--- The hunk at a row of the float: the last one that begins above it.
local function at(all, row)
  local found = 1
  for index, hunk in ipairs(all) do
    found = hunk.row <= row and index or found
  end
  return found
end

--- Applies what was accepted and reports it.
---@param review understudy.Review
local function finish(review)
  if review.closed then
    return
  end
  review.closed = true
  if api.nvim_win_is_valid(review.win) then
    api.nvim_win_close(review.win, true)
  end
  if not apply(review.hunks, review.encoding) then
    vim.notify('understudy: lines that have changed in the meantime were not edited', vim.log.levels.WARN)
  end
  local accepted = false
  for _, hunk in ipairs(review.hunks) do
    accepted = accepted or hunk.accepted
    api.nvim_buf_del_extmark(hunk.document.buf, SPACE, hunk.mark)
  end
  review.done(accepted)
end

--- Decides the hunk under the cursor and moves to the next one without a decision; ends if there is none.
---@param review understudy.Review
local function decide(review, accepted)
  local all = review.hunks
  local here = at(all, api.nvim_win_get_cursor(review.win)[1])
  all[here].accepted = accepted
  local word = accepted and { 'accepted', 'DiffAdd' } or { 'rejected', 'DiffDelete' }
  local row = all[here].row - 1
  api.nvim_buf_clear_namespace(review.buf, SPACE, row, row + 1)
  api.nvim_buf_set_extmark(review.buf, SPACE, row, 0, { virt_text = { word } })
  for step = 0, #all - 1 do
    local next = all[(here + step) % #all + 1]
    if next.accepted == nil then
      return api.nvim_win_set_cursor(review.win, { next.row, 0 })
    end
  end
  finish(review)
end

---@param review understudy.Review
local function accept_all(review)
  for _, hunk in ipairs(review.hunks) do
    hunk.accepted = hunk.accepted ~= false
  end
  finish(review)
end

---@param review understudy.Review
local function reject_all(review)
  for _, hunk in ipairs(review.hunks) do
    hunk.accepted = false
  end
  finish(review)
end

---@param review understudy.Review
local function jump(review, step)
  local here = at(review.hunks, api.nvim_win_get_cursor(review.win)[1])
  local hunk = review.hunks[math.min(math.max(here + step, 1), #review.hunks)]
  api.nvim_win_set_cursor(review.win, { hunk.row, 0 })
end

--- The keys of the float: what each does, and with which argument.
local MAPS = {
  a = { 'accept the hunk', decide, true },
  x = { 'reject the hunk', decide, false },
  A = { 'accept all hunks that are not rejected', accept_all },
  q = { 'reject all hunks', reject_all },
  ['<Esc>'] = { 'reject all hunks', reject_all },
  [']c'] = { 'go to the next hunk', jump, 1 },
  ['[c'] = { 'go to the previous hunk', jump, -1 },
}

--- Asks the user about each hunk, and calls `done` with whether any was accepted.
local function ask(all, title, encoding, done)
  vim.tbl_map(track, all)
  local buf, win = float(draw(all), title)
  local review = { hunks = all, encoding = encoding, buf = buf, win = win, closed = false, done = done }
  for key, map in pairs(MAPS) do
    local desc, run, argument = unpack(map)
    vim.keymap.set('n', key, function()
      run(review, argument)
    end, { buffer = buf, nowait = true, desc = 'understudy: ' .. desc })
  end
  api.nvim_create_autocmd('WinClosed', {
    pattern = tostring(win),
    once = true,
    callback = vim.schedule_wrap(function()
      if not review.closed then
        reject_all(review)
      end
    end),
  })
  api.nvim_win_set_cursor(win, { all[1].row, 0 })
  enter(win)
end

--- Whether a document of the edit has changed since the server made the edit. Neovim would ignore such an edit and
--- report that it was applied.
local function is_outdated(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    local document = change.textDocument
    local version = document and document.version ~= vim.NIL and document.version
    local current = version and vim.lsp.util.buf_versions[vim.uri_to_bufnr(document.uri)]
    if current and current > version then
      return true
    end
  end
  return false
end

--- Handles `workspace/applyEdit`: asks the user about the hunks of an edit that needs confirmation. The server sends an
--- outdated edit again.
function M.apply(failure, params, context)
  if is_outdated(params.edit) then
    return { applied = false, failureReason = 'outdated' }
  end
  local thread, is_main = coroutine.running()
  local asked, label = asks(params.edit)
  local lsp = vim.lsp.get_client_by_id(context.client_id)
  local all = asked and thread and not is_main and lsp and hunks(params.edit, lsp.offset_encoding) or {}
  if #all == 0 then
    return vim.lsp.handlers['workspace/applyEdit'](failure, params, context)
  end
  ask(all, label, lsp.offset_encoding, function(accepted)
    local result = { applied = accepted, failureReason = not accepted and 'rejected' or nil }
    vim.schedule(function()
      coroutine.resume(thread, result)
    end)
  end)
  return coroutine.yield()
end

return M
