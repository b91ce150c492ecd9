;;; eglot.el --- Understudy in eglot  -*- lexical-binding: t; -*-

(require 'eglot)
(load (expand-file-name "common.el" (file-name-directory load-file-name)))
(require 'understudy)
(require 'understudy-next-edit)

(setq eglot-sync-connect 30
      eglot-connect-timeout 60
      eglot-confirm-server-initiated-edits nil)

(understudy-eglot-setup 'python-mode)

(defun open (name)
  "Visit NAME in the project with its server."
  (find-file (expand-file-name name project))
  (apply #'eglot (eglot--guess-contact))
  (should (eglot-managed-p)))

(defun choose (title)
  "Choose the code action TITLE where point is."
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_prompt items &rest _) (should (assoc title items)) title))
            (last-nonmenu-event ?x))
    (eglot-code-actions (point) (point) nil t)))

(ert-deftest completion ()
  (open "httpx/_client.py")
  (begin-method)
  (should (equal (completed-by #'eglot-completion-at-point) (concat typed rest))))

(ert-deftest hover ()
  (open "area.py")
  (search-forward "area")
  (hover-explained
   (lambda ()
     (format "%s" (jsonrpc-request (eglot-current-server) :textDocument/hover
                                   (eglot--TextDocumentPositionParams))))))

;;; eglot.el ends here
