;;; understudy.el --- LLM features from the Understudy language server  -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, convenience, tools
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; Understudy completes, explains and changes code, with the models its user set up or the one built
;; into it.  It speaks LSP, and this file tells Emacs's two clients of it:
;;
;; - `lsp-mode': loading this file is all; it serves beside the servers of each language.
;; - `eglot', which knows one server a buffer: `understudy-eglot-setup' says in which modes.
;;
;; Answers stream into the buffer *understudy*.  Nothing here decides anything: prompts, prices and
;; keys are the server's.

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
  "Settings that beat the config file's, as a plist of plists.
For instance (:complete (:trigger \"manual\")); editors/CONFIGURATION.md lists
them."
  :type 'plist)

(defcustom understudy-modes '(prog-mode text-mode conf-mode)
  "The modes in which `lsp-mode' starts Understudy, and those derived from them."
  :type '(repeat symbol))

(defcustom understudy-ghost-text t
  "Whether suggestions stand behind point, where `lsp-mode' can show that.
It can from version 10.0 on; elsewhere they are completions."
  :type 'boolean)

(defconst understudy-answers "*understudy*"
  "The name of the buffer that answers stream into.")

(defconst understudy-explain-words "M-x understudy-explain"
  "What hovers name as the command that requests an explanation.")

(defvar understudy--answer-start nil
  "Where the answer that streams begins in its buffer.")

(defvar understudy--thread nil
  "The thread of the last answer, for a question that goes on from it.")

;;;; Answers

(defun understudy--answer (piece)
  "Show PIECE of an answer, a plist as editors/PROTOCOL.md describes it."
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
  "Write the title of the answer that PIECE begins."
  (setq understudy--thread (plist-get piece :thread))
  (unless (bobp) (insert "\n"))
  (insert (propertize (plist-get piece :title) 'face 'bold) "\n\n")
  (setq understudy--answer-start (point)))

;;;; Commands

(defun understudy--line-start (position)
  "The start of the line at POSITION as LSP writes it."
  (list :line (1- (line-number-at-pos position t)) :character 0))

(defun understudy--region ()
  "The lines of the region as an LSP range, or nil where there is none."
  (when (use-region-p)
    (let ((end (region-end)))
      (list :start (understudy--line-start (region-beginning))
            :end (understudy--line-start
                  (save-excursion
                    (goto-char end)
                    (unless (bolp) (forward-line 1))
                    (point)))))))

(defun understudy-ask (question &optional continue)
  "Ask QUESTION, about the region where there is one.
With a prefix argument, CONTINUE from the last answer."
  (interactive "sAsk Understudy: \nP")
  (let ((range (understudy--region)))
    (understudy--execute
     "understudy.ask"
     (append (list :question question)
             (when (and continue understudy--thread) (list :thread understudy--thread))
             (when range (list :uri (understudy--uri) :range range))))))

(defun understudy-explain ()
  "Have a model explain the symbol at point.
The answer streams into a buffer, and hovers show it from then on."
  (interactive)
  (understudy--execute "understudy.explain"
                       (list :uri (understudy--uri) :position (understudy--position))))

(defun understudy-status ()
  "Say who serves and who is out, or what keeps this buffer from being served.
Also say why the last request for a suggestion in it showed nothing."
  (interactive)
  (let* ((status (understudy--request
                  "understudy/status" (list :textDocument (list :uri (understudy--uri)))))
         (silence (plist-get status :silence)))
    (message "Understudy: %s%s"
             (plist-get status :message)
             (if (consp silence) (concat "; " (plist-get silence :message)) ""))))

(defun understudy-pause (&optional everywhere minutes)
  "Suggest and send nothing in this folder until `understudy-resume'.
For MINUTES where they are given; with a prefix argument, EVERYWHERE.  It
holds in all editors, and after a restart."
  (interactive
   (let ((minutes (read-string "For how many minutes (empty: until you resume): ")))
     (list current-prefix-arg (unless (string-empty-p minutes) (string-to-number minutes)))))
  (understudy--execute "understudy.pause"
                       (append (unless everywhere (list :uri (understudy--uri)))
                               (when minutes (list :minutes minutes)))))

(defun understudy-resume ()
  "End every pause."
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
  "The workspace of Understudy that `lsp-mode' has for this buffer, if any."
  (and (bound-and-true-p lsp-mode) (lsp-find-workspace 'understudy nil)))

(defun understudy--eglot ()
  "The server that `eglot' has for this buffer, or an error."
  (or (and (fboundp 'eglot-current-server) (eglot-current-server))
      (user-error "No language server in this buffer: M-x lsp or M-x eglot starts Understudy")))

(defun understudy--uri ()
  "This buffer's file as its client names it."
  (cond ((understudy--lsp) (lsp--buffer-uri))
        ((fboundp 'eglot-path-to-uri) (eglot-path-to-uri buffer-file-name))
        (t (eglot--path-to-uri buffer-file-name))))

(defun understudy--position ()
  "Point as this buffer's client counts it."
  (if (understudy--lsp) (lsp--cur-position) (eglot--pos-to-lsp-position)))

(defun understudy--execute (command argument)
  "Have the server run COMMAND with ARGUMENT, and do not wait for it."
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
  "OBJECT of `lsp-mode', a hash table or a plist by how it was built, as a plist."
  (if (hash-table-p object)
      (let (plist)
        (maphash (lambda (key value) (setq plist (cl-list* (intern (concat ":" key)) value plist)))
                 object)
        plist)
    object))

(defun understudy--with-words (argument)
  "ARGUMENT of an action with what the user says to do."
  (append (list :instruction (read-string "Understudy, edit: ")) (understudy--plist argument)))

;;;; lsp-mode

(defun understudy--run (action)
  "Have the server run the command of ACTION."
  (let ((action (understudy--plist action)))
    (understudy--execute (plist-get action :command) (elt (plist-get action :arguments) 0))))

(defun understudy--run-with-words (action)
  "Ask what to do, and have the server do that where ACTION says."
  (let ((argument (elt (plist-get (understudy--plist action) :arguments) 0)))
    (understudy--execute "understudy.act" (understudy--with-words argument))))

(defun understudy--lsp-options ()
  "What `lsp-mode' tells the server when it starts."
  (append (list :answers t :input t :explain understudy-explain-words)
          (when (and understudy-ghost-text (fboundp 'lsp-inline-completion-mode))
            (list :ghostText t))
          understudy-settings))

(defun understudy--lsp-opened ()
  "Show ghost text in a buffer that Understudy serves, where `lsp-mode' can."
  (when (and understudy-ghost-text (fboundp 'lsp-inline-completion-mode) (understudy--lsp))
    (lsp-inline-completion-mode 1)))

(defun understudy--handlers (&rest pairs)
  "A table of handlers by name, from PAIRS."
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
    ;; Left to itself lsp-mode sends a command to every server that the buffer has.
    :action-handlers
    (understudy--handlers
     "understudy.act" #'understudy--run
     "understudy.ask" #'understudy--run
     "understudy.more" #'understudy--run
     "understudy.input" #'understudy--run-with-words)))
  (add-hook 'lsp-after-open-hook #'understudy--lsp-opened))

;;;; eglot

(defun understudy--eglot-options ()
  "What `eglot' tells the server when it starts."
  (append (list :answers t :explain understudy-explain-words)
          ;; Later versions run commands without asking a method of ours.
          (unless (fboundp 'eglot-execute) (list :input t))
          understudy-settings))

(defun understudy--eglot-contact (&rest _)
  "How `eglot' starts the server, under the settings of now."
  (append understudy-command (list :initializationOptions (understudy--eglot-options))))

;;;###autoload
(defun understudy-eglot-setup (&rest modes)
  "Have `eglot' start Understudy in MODES, in place of what it would start there.
Without MODES, in every mode that it knows no server for."
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
      "Ask what to do, and do it where ARGUMENTS say."
      (understudy--execute "understudy.act" (understudy--with-words (elt arguments 0))))))

(provide 'understudy)
;;; understudy.el ends here
