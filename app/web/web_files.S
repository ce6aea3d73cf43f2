/* Bytes of the page's files, each between its name and its name with _end. */
#define FILE_BYTES(name, path) \
    .global name; name: .incbin path; .global name##_end; name##_end: .byte 0

    .section .rodata
    FILE_BYTES(gb_web_page, "index.html")
    FILE_BYTES(gb_web_style, "style.css")
    FILE_BYTES(gb_web_app, "app.js")
    FILE_BYTES(gb_web_health, "health.js")
    FILE_BYTES(gb_web_curves, "curves.js")
    FILE_BYTES(gb_web_setup, "setup.js")
    FILE_BYTES(gb_web_icon, "icon.svg")
    FILE_BYTES(gb_web_dygraph, "dygraph.min.js")
    FILE_BYTES(gb_web_dygraph_style, "dygraph.min.css")

    .section .note.GNU-stack, "", %progbits
