;;; common.el --- what the tests of both clients share  -*- lexical-binding: t; -*-

(require 'ert)
(require 'seq)

(setq debug-on-error nil
      create-lockfiles nil
      make-backup-files nil
      python-indent-guess-indent-offset-verbose nil)

(defconst binary (getenv "UNDERSTUDY_BINARY"))
(defconst project (file-name-as-directory (getenv "PROJECT")))
(defconst typed (getenv "TYPED"))
(defconst rest (getenv "REST"))
(defconst better (getenv "BETTER"))
(defconst documented (getenv "DOCUMENTED"))

(setq understudy-command (list binary))

(defmacro until (what &rest body)
  "Poll BODY until it is non-nil, and return that; WHAT names it in the failure."
  `(let ((end (+ (float-time) 60)) found)
     (while (not (setq found (progn ,@body)))
       (when (> (float-time) end) (error "%s: not within 60 s" ,what))
       (accept-process-output nil 0.05))
     found))

(defun begin-method ()
  "Type the beginning of a line at the buffer's end."
  (goto-char (point-max))
  (insert typed))

(defun completed-by (capf)
  "Take the completion of CAPF that completes the line.
While the project is being read another one may be likelier, and would
stay on the screen: the file is opened anew then."
  (let* ((found (until "the completion"
                  (let* ((found (funcall capf))
                         (candidates (and found (all-completions "" (nth 2 found))))
                         (candidate (seq-find (lambda (it) (string-suffix-p rest it)) candidates)))
                    (when (and candidates (not candidate))
                      (reopen)
                      (begin-method))
                    (and candidate (cons candidate found)))))
         (candidate (car found))
         (exit (plist-get (nthcdr 4 found) :exit-function)))
    (delete-region (nth 1 found) (nth 2 found))
    (insert candidate)
    (funcall exit candidate 'finished)
    (buffer-substring (line-beginning-position) (line-end-position))))

(defun reopen ()
  "Close the buffer's file as it is on the disk, and open it again."
  (let ((path (file-relative-name buffer-file-name project)))
    (set-buffer-modified-p nil)
    (kill-buffer)
    (open path)))

(defun answer ()
  "The text in the buffer of answers."
  (if (get-buffer "*understudy*")
      (with-current-buffer "*understudy*" (buffer-string))
    ""))

(defun hover-explained (hover)
  "Check that HOVER, a function, shows facts, and an explanation on request."
  (let ((facts (until "the facts"
                 (let ((text (funcall hover)))
                   (and (string-match-p "area.py:1" text) text)))))
    (should (string-match-p "def area(w, h)" facts))
    (should (string-match-p "M-x understudy-explain.* requests an explanation from home/m" facts))
    (should-not (string-match-p "It multiplies" facts)))
  (understudy-explain)
  ;; In this order: lsp-mode 8 drops the messages that arrive in one piece with a response it waits for.
  (until "the answer" (string-match-p "It multiplies" (answer)))
  (until "the explanation" (string-match-p "It multiplies" (funcall hover))))

;; Each client defines how to open a file of the project and how to choose from its menu.
(declare-function open nil)
(declare-function choose nil)

(ert-deftest action ()
  (open "area.py")
  (forward-line 1)
  (choose "Understudy: Document")
  (until "the edit" (equal (buffer-string) documented)))

(ert-deftest words ()
  (open "area.py")
  (forward-line 1)
  (cl-letf (((symbol-function 'read-string) (lambda (&rest _) "no variable")))
    (choose "Understudy: Edit as I say…"))
  (until "the edit" (equal (buffer-string) better)))

(ert-deftest answer ()
  (open "area.py")
  (choose "Understudy: Explain")
  (until "the answer" (string-match-p "It is the \\*\\*area\\*\\*\\.\n\n-- home/m" (answer)))
  (understudy-ask "really?" t)
  (until "the second answer" (string-match-p "-- home/m\\(.\\|\n\\)*-- home/m" (answer))))

(ert-deftest status ()
  (open "area.py")
  (should (string-match-p "available" (understudy-status))))

(defun change-call ()
  "Change the next call by hand, as a user does."
  (search-forward "load")
  (replace-match "fetch"))

(defun next-edit ()
  "The line of the next edit, the text that it replaces and the new text."
  (when (understudy-next-edit-visible-p)
    (let ((overlay understudy-next-edit--overlay))
      (list (line-number-at-pos (overlay-start overlay))
            (buffer-substring (overlay-start overlay) (overlay-end overlay))
            (substring-no-properties (overlay-get overlay 'after-string))))))

(ert-deftest next-edit ()
  (with-temp-file (expand-file-name "calls.py" project)
    (dotimes (it 8) (insert (format "v%d = store.load(context, %d)\n" it it))))
  (open "calls.py")
  (understudy-next-edit-mode)
  (goto-char (point-min))
  (change-call)
  (change-call)
  (change-call)
  (until "the next edit" (equal (next-edit) '(4 "load" "fetch")))
  (should (eq (key-binding (kbd "TAB")) 'understudy-next-edit-accept))
  (call-interactively #'understudy-next-edit-accept)
  (should (string-match-p "^v3 = store.fetch(context, 3)$" (buffer-string)))
  (until "the one after it" (equal (next-edit) '(5 "load" "fetch")))
  (goto-char (point-min))
  (call-interactively #'understudy-next-edit-accept)
  (should (= (line-number-at-pos) 5))
  (call-interactively #'understudy-next-edit-reject)
  (should-not (next-edit))
  (should-not (eq (key-binding (kbd "TAB")) 'understudy-next-edit-accept)))

(ert-deftest pause ()
  (open "area.py")
  (understudy-pause nil 60)
  (until "the pause" (string-match-p "paused in .*project, 60 min left" (understudy-status)))
  (understudy-pause t)
  (until "the wider pause" (string-match-p "paused everywhere$" (understudy-status)))
  (understudy-resume)
  (until "the end" (string-match-p "available" (understudy-status))))

;;; common.el ends here
