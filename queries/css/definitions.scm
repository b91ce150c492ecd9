; The classes and ids that a rule applies to. Ancestors in its selectors are defined by other rules.
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
