"""Every address of the program and the door behind it."""

urlpatterns: list[object] = []
