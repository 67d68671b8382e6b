"""The pictures beside a film, made of its renditions or brought along: poster, storyboard, teaser, stills, covers."""
