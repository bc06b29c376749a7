"""The door of those who go there: my matters by time left, one act at the thumb, the round."""
