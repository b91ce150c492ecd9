;;; lsp-mode.el --- Understudy in lsp-mode  -*- lexical-binding: t; -*-

(require 'lsp-mode)
(require 'lsp-completion)
(require 'lsp-modeline)
(require 'lsp-headerline)
(require 'lsp-diagnostics)
(require 'lsp-lens)
(load (expand-file-name "common.el" (file-name-directory load-file-name)))
(require 'understudy)
(require 'understudy-next-edit)

(setq lsp-auto-guess-root t
      lsp-enable-suggest-server-download nil
      lsp-enable-file-watchers nil
      lsp-enable-snippet nil
      lsp-modeline-code-actions-enable nil
      lsp-modeline-diagnostics-enable nil
      lsp-headerline-breadcrumb-enable nil
      lsp-diagnostics-provider :none
      lsp-response-timeout 60
      lsp-session-file (expand-file-name "session" (getenv "HOME")))

(defun open (name)
  "Visit NAME in the project with its server."
  (find-file (expand-file-name name project))
  (lsp)
  (until "the server is up"
    (let ((workspace (lsp-find-workspace 'understudy nil)))
      (and workspace (eq (lsp--workspace-status workspace) 'initialized)))))

(defun choose (title)
  "Choose the code action TITLE where point is."
  (let ((action (seq-find (lambda (it) (equal (lsp:code-action-title it) title))
                          (lsp-code-actions-at-point))))
    (should action)
    (lsp-execute-code-action action)))

(ert-deftest completion ()
  (open "httpx/_client.py")
  (begin-method)
  (should (equal (completed-by #'lsp-completion-at-point) (concat typed rest))))

(ert-deftest hover ()
  (open "area.py")
  (search-forward "area")
  (hover-explained
   (lambda ()
     (lsp-describe-thing-at-point)
     (if (get-buffer "*lsp-help*")
         (with-current-buffer "*lsp-help*" (buffer-string))
       ""))))

;;; lsp-mode.el ends here
