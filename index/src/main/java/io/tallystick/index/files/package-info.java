/** Files of the index, checked before Lucene reads them. Knows nothing of what is in them. */
@NullMarked
package io.tallystick.index.files;

import org.jspecify.annotations.NullMarked;
