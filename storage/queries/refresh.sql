-- Keep figures that changed a while ago; how many.
SELECT instore.refresh(%(settled_s)s * interval '1 second', %(at_most)s);
