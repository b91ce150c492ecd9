(object) @scope.class @body

(array) @scope.block @body

(pair
  value: (object) @body) @scope.class

(pair
  value: (array) @body) @scope.block
