;;; understudy-next-edit.el --- Next edits of the Understudy language server  -*- lexical-binding: t; -*-

;; Keywords: languages, convenience, tools
;; SPDX-License-Identifier: MIT OR Apache-2.0

;;; Commentary:

;; `understudy-next-edit-mode' shows where the change that was just made should be repeated next: the old
;; text struck through, the new text after it.  TAB jumps there if it is more than a line away, and
;; otherwise applies it; C-g rejects it.  At any other time both keys keep their meaning.  The server
;; decides whether there is an edit.

;;; Code:

(require 'understudy)

(defcustom understudy-next-edit-delay 0.3
  "Seconds without a change after which an edit is requested."
  :type 'number
  :group 'understudy)

(defface understudy-next-edit-old '((t :inherit shadow :strike-through t))
  "The text that a next edit replaces."
  :group 'understudy)

(defface understudy-next-edit-new
  '((((class color) (background light)) :background "#ddffdd")
    (((class color) (background dark)) :background "#335533")
    (t :underline t))
  "The text that a next edit inserts."
  :group 'understudy)

(defvar-local understudy-next-edit--overlay nil
  "The overlay over the text that the edit replaces.")

(defvar-local understudy-next-edit--timer nil
  "Requests an edit when the user pauses.")

(defvar understudy-next-edit-mode)
(defvar lsp--cur-workspace)
(declare-function jsonrpc-async-request "jsonrpc")
(declare-function lsp-request-async "ext:lsp-mode")
(declare-function eglot-current-server "ext:eglot")
(declare-function lsp--versioned-text-document-identifier "ext:lsp-mode")
(declare-function lsp--range-to-region "ext:lsp-mode")
(declare-function eglot--VersionedTextDocumentIdentifier "ext:eglot")
(declare-function eglot--range-region "ext:eglot")
(declare-function eglot-range-region "ext:eglot")
(declare-function eglot--signal-textDocument/didChange "ext:eglot")

(defun understudy-next-edit-visible-p ()
  "Whether an edit is visible in this buffer."
  (and understudy-next-edit--overlay (overlay-buffer understudy-next-edit--overlay) t))

(defun understudy-next-edit--clear ()
  "Hide the edit."
  (when understudy-next-edit--overlay
    (delete-overlay understudy-next-edit--overlay)
    (setq understudy-next-edit--overlay nil)))

(defun understudy-next-edit--get (object key)
  "The value of KEY, a keyword, in OBJECT of either client."
  (if (hash-table-p object)
      (gethash (substring (symbol-name key) 1) object)
    (plist-get object key)))

(defun understudy-next-edit--send (method params receive)
  "Send METHOD with PARAMS, and call RECEIVE with the answer."
  (if-let ((lsp--cur-workspace (understudy--lsp)))
      (lsp-request-async method params receive :mode 'detached :error-handler #'ignore)
    (when-let ((server (and (fboundp 'eglot-current-server) (eglot-current-server))))
      (eglot--signal-textDocument/didChange)
      (jsonrpc-async-request server (intern (concat ":" method)) params
                             :success-fn receive :error-fn #'ignore))))

(defun understudy-next-edit--document ()
  "This buffer's document and its version."
  (if (understudy--lsp)
      (lsp--versioned-text-document-identifier)
    (eglot--signal-textDocument/didChange)
    (eglot--VersionedTextDocumentIdentifier)))

(defun understudy-next-edit--ask (buffer)
  "Request an edit for BUFFER, and show it unless the buffer changes meanwhile."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (when (and understudy-next-edit-mode
                 (or (understudy--lsp)
                     (and (fboundp 'eglot-current-server) (eglot-current-server))))
        (let ((params (list :textDocument (understudy-next-edit--document)
                            :position (understudy--position)))
              (tick (buffer-chars-modified-tick)))
          (understudy-next-edit--send
           "textDocument/copilotInlineEdit" params
           (lambda (answer)
             (when (buffer-live-p buffer)
               (with-current-buffer buffer
                 (when (= tick (buffer-chars-modified-tick))
                   (understudy-next-edit--show answer)))))))))))

(defun understudy-next-edit--region (range)
  "The positions of RANGE, as a pair."
  (cond ((understudy--lsp) (lsp--range-to-region range))
        ((fboundp 'eglot-range-region) (eglot-range-region range))
        (t (eglot--range-region range))))

(defun understudy-next-edit--show (answer)
  "Show the edit of ANSWER, if there is one."
  (understudy-next-edit--clear)
  (let ((edits (understudy-next-edit--get answer :edits)))
    (when (> (length edits) 0)
      (let* ((edit (elt edits 0))
             (region (understudy-next-edit--region (understudy-next-edit--get edit :range)))
             (text (understudy-next-edit--get edit :text))
             (command (understudy-next-edit--get edit :command))
             (id (elt (understudy-next-edit--get command :arguments) 0))
             (overlay (make-overlay (car region) (cdr region))))
        (overlay-put overlay 'face 'understudy-next-edit-old)
        (overlay-put overlay 'after-string (propertize text 'face 'understudy-next-edit-new))
        (overlay-put overlay 'understudy-text text)
        (overlay-put overlay 'understudy-id id)
        (setq understudy-next-edit--overlay overlay)
        (unless (pos-visible-in-window-p (car region))
          (message "Understudy: next edit in line %d" (line-number-at-pos (car region) t)))))))

(defun understudy-next-edit--changed (&rest _)
  "Hide the edit, and request another after a pause."
  (understudy-next-edit--clear)
  (when understudy-next-edit--timer (cancel-timer understudy-next-edit--timer))
  (setq understudy-next-edit--timer
        (run-with-timer understudy-next-edit-delay nil #'understudy-next-edit--ask (current-buffer))))

(defun understudy-next-edit-accept ()
  "Jump to the edit if it is more than a line away, otherwise apply it."
  (interactive)
  (unless (understudy-next-edit-visible-p) (user-error "There is no next edit"))
  (let* ((overlay understudy-next-edit--overlay)
         (start (overlay-start overlay))
         (lines (abs (- (line-number-at-pos start) (line-number-at-pos)))))
    (if (> lines 1)
        (progn (push-mark) (goto-char start))
      (let ((end (overlay-end overlay))
            (text (overlay-get overlay 'understudy-text))
            (id (overlay-get overlay 'understudy-id)))
        (goto-char end)
        (insert text)
        (delete-region start end)
        (understudy--execute "understudy.nextEdit.accept" id)))))

(defun understudy-next-edit-reject ()
  "Hide the edit: it is not suggested at this place again."
  (interactive)
  (unless (understudy-next-edit-visible-p) (user-error "There is no next edit"))
  (let ((id (overlay-get understudy-next-edit--overlay 'understudy-id)))
    (understudy-next-edit--clear)
    (understudy--execute "understudy.nextEdit.reject" id)))

(defun understudy-next-edit--filter (command)
  "COMMAND while an edit is visible and no completion is in progress."
  (and (understudy-next-edit-visible-p) (not completion-in-region-mode) command))

(defvar understudy-next-edit-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "TAB")
                '(menu-item "" understudy-next-edit-accept :filter understudy-next-edit--filter))
    (define-key map (kbd "C-g")
                '(menu-item "" understudy-next-edit-reject :filter understudy-next-edit--filter))
    map)
  "Keys that act while an edit is visible.")

;;;###autoload
(define-minor-mode understudy-next-edit-mode
  "Show where the change that was just made should be repeated next."
  :lighter nil
  (understudy-next-edit--clear)
  (if understudy-next-edit-mode
      (add-hook 'after-change-functions #'understudy-next-edit--changed nil t)
    (remove-hook 'after-change-functions #'understudy-next-edit--changed t)))

(provide 'understudy-next-edit)
;;; understudy-next-edit.el ends here
