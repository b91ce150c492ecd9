; The classes and ids that a rule is about; those it only stands under are another rule's.
(rule_set
  (selectors
    (class_selector
      (class_name) @name))
  (block) @body) @definition.class

(rule_set
  (selectors
    (id_selector
      (id_name) @name))
  (block) @body) @definition.constant

(keyframes_statement
  (keyframes_name) @name
  (keyframe_block_list) @body) @definition.function

((declaration
  (property_name) @name) @definition.variable
  (#match? @name "^--"))
