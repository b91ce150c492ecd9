-- The client's configuration. `vim.lsp.enable('understudy')` reads it, and `setup()` extends it.
return {
  cmd = { 'understudy' },
  root_dir = function(buf, on_dir)
    require('understudy.root').find(buf, on_dir)
  end,
  -- The client shows ghost text, so the server does not offer the same text in the completion menu.
  -- Hovers name `explain` as the command that requests an explanation.
  init_options = { ghostText = true, status = true, answers = true, input = true, explain = ':Understudy explain' },
  handlers = {
    ['workspace/applyEdit'] = function(...)
      return require('understudy.diff').apply(...)
    end,
    ['understudy/status'] = function()
      require('understudy.status').hear()
    end,
    ['understudy/answer'] = function(_, piece, context)
      require('understudy.answer').hear(piece, context.client_id)
    end,
  },
  commands = {
    ['understudy.input'] = function(command, context)
      require('understudy.answer').input(command, context)
    end,
  },
  -- Before 0.11 these replace Neovim's own capabilities instead of extending them, so they are complete.
  capabilities = vim.tbl_deep_extend('force', vim.lsp.protocol.make_client_capabilities(), {
    textDocument = { inlineCompletion = { dynamicRegistration = false } },
    -- `understudy.diff` asks the user about edits that need confirmation.
    workspace = { workspaceEdit = { documentChanges = true, changeAnnotationSupport = { groupsOnLabel = false } } },
  }),
}
