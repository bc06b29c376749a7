"""Full disks, stores that go away, clocks that jump, work started twice: nothing acknowledged is lost, nothing is there twice."""
