"""How good the ranking is: judged collections, put to the engine as its users do."""
