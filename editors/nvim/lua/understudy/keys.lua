--- Insert-mode keys, which act while a suggestion is visible and else do what they did before.
local M = {}

local api = vim.api
local OURS = 'understudy: '

--- What each key did before it was ours, as a `<Plug>` mapping.
---@type table<string, string>
local kept = {}
local count = 0

local function raw(keys)
  return api.nvim_replace_termcodes(keys, true, true, true)
end

--- The mapping of `lhs` that holds in every buffer, as a dictionary; empty where there is none. One of a
--- buffer's own goes before ours there anyway.
local function mapping(lhs)
  for _, map in ipairs(api.nvim_get_keymap('i')) do
    if map.lhsraw == raw(lhs) or map.lhsrawalt == raw(lhs) then
      return map
    end
  end
  return {}
end

--- A key of our own that no user presses.
local function plug(what)
  count = count + 1
  return ('<Plug>(understudy-%s-%d)'):format(what, count)
end

--- A key that does what `lhs` does where nothing is mapped.
local function plain(lhs)
  local key = plug('plain')
  vim.keymap.set('i', key, lhs, { remap = false })
  return key
end

--- A key that does what `map` makes of `lhs`: whatever its kind, Neovim itself carries it out.
local function moved(lhs, map)
  local key = plug('before')
  map = vim.tbl_extend('force', map, { lhs = key, lhsraw = raw(key), buffer = 0 })
  map.lhsrawalt = nil
  local again = map.rhs and map.noremap == 0 and map.expr == 0 and vim.startswith(raw(map.rhs), raw(lhs))
  if again then
    -- A mapping that begins with its own key means the key itself there; under another name it would mean ours.
    map.rhs = plain(lhs) .. vim.fn.keytrans(raw(map.rhs):sub(#raw(lhs) + 1))
  end
  vim.fn.mapset('i', false, map)
  return key
end

local function map_one(action, lhs, asked)
  local map = mapping(lhs)
  local ours = vim.startswith(map.desc or '', OURS)
  local free = vim.tbl_isempty(map) or vim.startswith(map.desc or '', 'vim.snippet.jump')
  if not (ours or free or asked) then
    return
  end
  if not ours then
    kept[raw(lhs)] = vim.tbl_isempty(map) and plain(lhs) or moved(lhs, map)
  end
  local before = kept[raw(lhs)]
  vim.keymap.set('i', lhs, function()
    local acts = action == 'trigger' or require('understudy').visible()
    return acts and ('<Cmd>lua require("understudy").%s()<CR>'):format(action) or before
  end, { expr = true, remap = true, desc = OURS .. action })
end

--- Maps each action to its key. A default gives way to a mapping of the user's; what they `asked` for does not.
---@param keys table<string, string|false>|false
---@param asked boolean
function M.map(keys, asked)
  for action, lhs in pairs(keys or {}) do
    if lhs then
      map_one(action, lhs, asked)
    end
  end
end

return M
