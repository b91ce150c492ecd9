//! A board of cells that are dead or alive.

pub struct Grid {
    width: usize,
    height: usize,
    cells: Vec<bool>,
}

impl Grid {
    pub fn new(width: usize, height: usize) -> Self {
        Grid { width, height, cells: vec![false; width * height] }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let rows: Vec<&str> = text.lines().collect();
        let width = rows.first().map_or(0, |row| row.len());
        let mut grid = Grid::new(width, rows.len());
        for (y, row) in rows.iter().enumerate() {
            if row.len() != width {
                return Err(format!("row {} has {} cells", y, row.len()));
            }
            for (x, cell) in row.chars().enumerate() {
                match cell {
                    '#' => grid.cells[y * width + x] = true,
                    '.' => {}
                    _ => return Err(format!("unknown cell {}", cell)),
                }
            }
        }
        Ok(grid)
    }

    pub fn show(&self) -> String {
        let mut text = String::new();
        for y in 0..self.height {
            for x in 0..self.width {
                if self.cells[y * self.width + x] == true {
                    text.push('#');
                } else {
                    text.push('.');
                }
            }
            text.push('\n');
        }
        text
    }

    pub fn neighbours(&self, x: usize, y: usize) -> usize {
        let mut count = 0;
        for row in y.saturating_sub(1)..=y + 1 {
            for column in x.saturating_sub(1)..=x + 1 {
                if row == y && column == x {
                    continue;
                }
                if row < self.height && column < self.width {
                    if self.cells[row * self.width + column] {
                        count = count + 1;
                    }
                }
            }
        }
        count
    }

    pub fn step(&self) -> Grid {
        let mut next = Grid::new(self.width, self.height);
        for y in 0..self.height {
            for x in 0..self.width {
                let alive = self.cells[y * self.width + x];
                let around = self.neighbours(x, y);
                let mut lives = false;
                if alive && (around == 2 || around == 3) {
                    lives = true;
                }
                if !alive && around == 3 {
                    lives = true;
                }
                next.cells[y * self.width + x] = lives;
            }
        }
        next
    }
}
