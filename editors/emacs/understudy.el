;;; understudy.el --- LLM features from the Understudy language server  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, convenience, tools
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Understudy completes, explains and changes code, with the configured models or its built-in model.
;; It is a language server, and this file registers it with Emacs's two LSP clients:
;;
;; - `lsp-mode': loading this file is enough; Understudy runs beside the servers of each language.
;; - `eglot', which supports one server per buffer: `understudy-eglot-setup' takes the modes.
;;
;; Answers stream into the buffer *understudy*.  This file contains no logic: prompts, prices and keys
;; are in the server.

;;; Code:

(require 'cl-lib)
(require 'subr-x)

(defgroup understudy nil
  "LLM features from the Understudy language server."
  :group 'tools
  :prefix "understudy-")

(defcustom understudy-command '("understudy")
  "The program and its arguments."
  :type '(repeat string))

(defcustom understudy-settings nil
  "Settings that override the config file, as a plist of plists.
For example (:complete (:trigger \"manual\")); editors/CONFIGURATION.md lists
them."
  :type 'plist)

(defcustom understudy-modes '(prog-mode text-mode conf-mode)
  "The modes, with their derived modes, in which `lsp-mode' starts Understudy."
  :type '(repeat symbol))

(defcustom understudy-ghost-text t
  "Whether to show suggestions as ghost text after point.
It needs `lsp-mode' 10.0 or later; otherwise they are completions."
  :type 'boolean)

(defconst understudy-answers "*understudy*"
  "The name of the buffer into which answers stream.")

(defconst understudy-explain-words "M-x understudy-explain"
  "The command that hovers name to request an explanation.")

(defvar understudy--answer-start nil
  "The start of the streaming answer in its buffer.")

(defvar understudy--thread nil
  "The thread of the last answer, for a question that continues it.")

;;;; Answers

(defun understudy--answer (piece)
  "Show PIECE of an answer, a plist described in editors/PROTOCOL.md."
  (with-current-buffer (get-buffer-create understudy-answers)
    (unless (derived-mode-p 'special-mode)
      (special-mode)
      (visual-line-mode))
    (let ((inhibit-read-only t))
      (save-excursion
        (goto-char (point-max))
        (pcase (plist-get piece :kind)
          ("begin" (understudy--begin piece))
          ("delta" (insert (plist-get piece :text)))
          ("reset"
           (delete-region (or understudy--answer-start (point-min)) (point-max)))
          ("end"
           (let ((failed (plist-get piece :error)) (provider (plist-get piece :provider)))
             (insert "\n")
             (when (stringp failed) (insert "\n" failed "\n"))
             (when (stringp provider) (insert "\n-- " provider "\n")))))))
    (when (equal (plist-get piece :kind) "begin")
      (display-buffer (current-buffer)))))

(defun understudy--begin (piece)
  "Insert the title of the answer that PIECE begins."
  (setq understudy--thread (plist-get piece :thread))
  (unless (bobp) (insert "\n"))
  (insert (propertize (plist-get piece :title) 'face 'bold) "\n\n")
  (setq understudy--answer-start (point)))

;;;; Commands

(defun understudy--line-start (position)
  "The start of the line at POSITION as an LSP position."
  (list :line (1- (line-number-at-pos position t)) :character 0))

(defun understudy--region ()
  "The lines of the region as an LSP range, or nil without a region."
  (when (use-region-p)
    (let ((end (region-end)))
      (list :start (understudy--line-start (region-beginning))
            :end (understudy--line-start
                  (save-excursion
                    (goto-char end)
                    (unless (bolp) (forward-line 1))
                    (point)))))))

(defun understudy-ask (question &optional continue)
  "Ask QUESTION, about the region if it is active.
With a prefix argument, CONTINUE from the last answer."
  (interactive "sAsk Understudy: \nP")
  (let ((range (understudy--region)))
    (understudy--execute
     "understudy.ask"
     (append (list :question question)
             (when (and continue understudy--thread) (list :thread understudy--thread))
             (when range (list :uri (understudy--uri) :range range))))))

(defun understudy-explain ()
  "Request an explanation of the symbol at point.
The answer streams into a buffer, and later hovers show it."
  (interactive)
  (understudy--execute "understudy.explain"
                       (list :uri (understudy--uri) :position (understudy--position))))

(defun understudy-status ()
  "Show the state of the providers, or the rule that blocks this buffer.
Also show why the last request for a suggestion in it showed nothing."
  (interactive)
  (let* ((status (understudy--request
                  "understudy/status" (list :textDocument (list :uri (understudy--uri)))))
         (silence (plist-get status :silence)))
    (message "Understudy: %s%s"
             (plist-get status :message)
             (if (consp silence) (concat "; " (plist-get silence :message)) ""))))

(defun understudy-pause (&optional everywhere minutes)
  "Stop suggestions and requests in this folder until `understudy-resume'.
If MINUTES is given, stop them for that time.  With a prefix argument, stop them
EVERYWHERE.  The pause applies to all editors and persists across restarts."
  (interactive
   (let ((minutes (read-string "Minutes (empty: until you resume): ")))
     (list current-prefix-arg (unless (string-empty-p minutes) (string-to-number minutes)))))
  (understudy--execute "understudy.pause"
                       (append (unless everywhere (list :uri (understudy--uri)))
                               (when minutes (list :minutes minutes)))))

(defun understudy-resume ()
  "End all pauses."
  (interactive)
  (understudy--execute "understudy.resume" nil))

(declare-function lsp--buffer-uri "ext:lsp-mode")
(declare-function lsp--cur-position "ext:lsp-mode")
(declare-function lsp-find-workspace "ext:lsp-mode")
(declare-function lsp-inline-completion-mode "ext:lsp-inline-completion")
(declare-function lsp-register-client "ext:lsp-mode")
(declare-function lsp-request "ext:lsp-mode")
(declare-function lsp-request-async "ext:lsp-mode")
(declare-function lsp-stdio-connection "ext:lsp-mode")
(declare-function make-lsp-client "ext:lsp-mode")
(declare-function eglot-current-server "ext:eglot")
(declare-function eglot-path-to-uri "ext:eglot")
(declare-function eglot--path-to-uri "ext:eglot")
(declare-function eglot--pos-to-lsp-position "ext:eglot")
(declare-function jsonrpc-async-request "jsonrpc")
(declare-function jsonrpc-request "jsonrpc")
(defvar lsp--cur-workspace)
(defvar eglot-server-programs)

(defun understudy--lsp ()
  "The `lsp-mode' workspace of Understudy for this buffer, if any."
  (and (bound-and-true-p lsp-mode) (lsp-find-workspace 'understudy nil)))

(defun understudy--eglot ()
  "The `eglot' server for this buffer; signal an error if there is none."
  (or (and (fboundp 'eglot-current-server) (eglot-current-server))
      (user-error "No language server in this buffer: M-x lsp or M-x eglot starts Understudy")))

(defun understudy--uri ()
  "The URI of this buffer's file."
  (cond ((understudy--lsp) (lsp--buffer-uri))
        ((fboundp 'eglot-path-to-uri) (eglot-path-to-uri buffer-file-name))
        (t (eglot--path-to-uri buffer-file-name))))

(defun understudy--position ()
  "Point as an LSP position, in the encoding of this buffer's client."
  (if (understudy--lsp) (lsp--cur-position) (eglot--pos-to-lsp-position)))

(defun understudy--execute (command argument)
  "Execute the server's COMMAND with ARGUMENT, without waiting for it."
  (let ((params (list :command command :arguments (vector argument))))
    (if-let ((lsp--cur-workspace (understudy--lsp)))
        (lsp-request-async "workspace/executeCommand" params #'ignore :mode 'detached)
      (jsonrpc-async-request (understudy--eglot) :workspace/executeCommand params
                             :success-fn #'ignore :timeout nil))))

(defun understudy--request (method params)
  "The server's answer to METHOD with PARAMS, as a plist."
  (if-let ((lsp--cur-workspace (understudy--lsp)))
      (understudy--plist (lsp-request method params))
    (jsonrpc-request (understudy--eglot) (intern (concat ":" method)) params)))

(defun understudy--plist (object)
  "OBJECT of `lsp-mode', a hash table or a plist, as a plist."
  (if (hash-table-p object)
      (let (plist)
        (maphash (lambda (key value) (setq plist (cl-list* (intern (concat ":" key)) value plist)))
                 object)
        plist)
    object))

(defun understudy--with-words (argument)
  "ARGUMENT of an action with the user's instruction added."
  (append (list :instruction (read-string "Understudy, edit: ")) (understudy--plist argument)))

;;;; lsp-mode

(defun understudy--run (action)
  "Execute the command of ACTION on the server."
  (let ((action (understudy--plist action)))
    (understudy--execute (plist-get action :command) (elt (plist-get action :arguments) 0))))

(defun understudy--run-with-words (action)
  "Ask for an instruction, and execute ACTION with it."
  (let ((argument (elt (plist-get (understudy--plist action) :arguments) 0)))
    (understudy--execute "understudy.act" (understudy--with-words argument))))

(defun understudy--lsp-options ()
  "The initialization options from `lsp-mode'."
  (append (list :answers t :input t :explain understudy-explain-words)
          (when (and understudy-ghost-text (fboundp 'lsp-inline-completion-mode))
            (list :ghostText t))
          understudy-settings))

(defun understudy--lsp-opened ()
  "Show ghost text in a buffer of Understudy, if `lsp-mode' supports it."
  (when (and understudy-ghost-text (fboundp 'lsp-inline-completion-mode) (understudy--lsp))
    (lsp-inline-completion-mode 1)))

(defun understudy--handlers (&rest pairs)
  "A hash table of handlers by name, from PAIRS."
  (let ((table (make-hash-table :test #'equal)))
    (cl-loop for (name handler) on pairs by #'cddr do (puthash name handler table))
    table))

(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection (lambda () understudy-command))
    :activation-fn (lambda (_file mode)
                     (apply #'provided-mode-derived-p mode understudy-modes))
    :server-id 'understudy
    :priority -3
    :add-on? t
    :initialization-options #'understudy--lsp-options
    :notification-handlers
    (understudy--handlers
     "understudy/answer"
     (lambda (_workspace piece) (understudy--answer (understudy--plist piece))))
    ;; By default lsp-mode sends a command to every server of the buffer.
    :action-handlers
    (understudy--handlers
     "understudy.act" #'understudy--run
     "understudy.ask" #'understudy--run
     "understudy.more" #'understudy--run
     "understudy.input" #'understudy--run-with-words)))
  (add-hook 'lsp-after-open-hook #'understudy--lsp-opened))

;;;; eglot

(defun understudy--eglot-options ()
  "The initialization options from `eglot'."
  (append (list :answers t :explain understudy-explain-words)
          ;; Later versions execute commands without a method that this file can define.
          (unless (fboundp 'eglot-execute) (list :input t))
          understudy-settings))

(defun understudy--eglot-contact (&rest _)
  "The contact with which `eglot' starts the server, with the current settings."
  (append understudy-command (list :initializationOptions (understudy--eglot-options))))

;;;###autoload
(defun understudy-eglot-setup (&rest modes)
  "Make `eglot' start Understudy in MODES, in place of its server there.
Without MODES, in every mode for which it has no server."
  (require 'eglot)
  (let ((contact #'understudy--eglot-contact))
    (if modes
        (dolist (mode modes) (push (cons mode contact) eglot-server-programs))
      (setq eglot-server-programs
            (append eglot-server-programs
                    (mapcar (lambda (mode) (cons mode contact)) understudy-modes))))))

(with-eval-after-load 'eglot
  (cl-defmethod eglot-handle-notification
    (_server (_method (eql 'understudy/answer)) &rest piece)
    "Show PIECE of an answer."
    (understudy--answer piece))
  (unless (fboundp 'eglot-execute)
    (cl-defmethod eglot-execute-command
      (_server (_command (eql 'understudy.input)) arguments)
      "Ask for an instruction, and execute the action in ARGUMENTS with it."
      (understudy--execute "understudy.act" (understudy--with-words (elt arguments 0))))))

(provide 'understudy)
;;; understudy.el ends here
