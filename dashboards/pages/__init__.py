"""The pages, one a file, one function a panel. `dashboards.boards` lists them."""
