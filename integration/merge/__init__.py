"""The merge engine: pure Python over plain values. It knows no other app, no database and no clock."""
