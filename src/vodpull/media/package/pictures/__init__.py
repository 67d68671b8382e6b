"""Pictures beside a film, made of it or brought along: poster, storyboard, teaser, stills, covers; none is burnt in."""
