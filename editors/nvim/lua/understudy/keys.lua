--- Insert-mode keys, which act while a suggestion is visible and else do what they did before.
local M = {}

--- What `lhs` does today: nothing, Neovim's own default, or the user's mapping.
local function before(lhs)
  local map = vim.fn.maparg(lhs, 'i', false, true)
  local default = map.callback and vim.startswith(map.desc or '', 'vim.snippet.jump')
  return map, vim.tbl_isempty(map) or default or false
end

local function fall_through(lhs, map)
  if map.callback and map.expr == 1 then
    return map.callback() or ''
  end
  return lhs
end

local function map_one(action, lhs, asked)
  local map, free = before(lhs)
  if not (free or asked) then
    return
  end
  vim.keymap.set('i', lhs, function()
    local acts = action == 'trigger' or require('understudy').visible()
    return acts and ('<Cmd>lua require("understudy").%s()<CR>'):format(action) or fall_through(lhs, map)
  end, { expr = true, desc = 'understudy: ' .. action })
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
