// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which functions call each other in a circle, found in one walk over all calls (Tarjan's).

/// The circles of a graph, given by what each node leads to; a node that leads back to itself by no way is a circle alone.
/// What leads out of a circle leads into an earlier one.
pub(super) fn circles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let mut number = vec![UNSEEN; edges.len()];
    let mut low = number.clone();
    let mut placed = vec![false; edges.len()];
    let (mut seen, mut stack, mut found) = (0, Vec::new(), Vec::new());
    for root in 0..edges.len() {
        if number[root] != UNSEEN {
            continue;
        }
        // Nodes that are being followed, and how many of their edges were.
        let mut path = vec![(root, 0)];
        while let Some((at, followed)) = path.pop() {
            if followed == 0 {
                (number[at], low[at]) = (seen, seen);
                seen += 1;
                stack.push(at);
            } else if let child = edges[at][followed - 1]
                && !placed[child]
            {
                low[at] = low[at].min(low[child]);
            }
            if let Some(&child) = edges[at].get(followed) {
                path.push((at, followed + 1));
                if number[child] == UNSEEN {
                    path.push((child, 0));
                }
            } else if low[at] == number[at] {
                let first = stack.iter().rposition(|node| *node == at).unwrap_or(0);
                let members = stack.split_off(first);
                members.iter().for_each(|member| placed[*member] = true);
                found.push(members);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn what_is_called_comes_first() {
        let sorted = |edges: &[&[usize]]| {
            let edges: Vec<_> = edges.iter().map(|to| to.to_vec()).collect();
            let mut found = circles(&edges);
            found.iter_mut().for_each(|circle| circle.sort_unstable());
            found
        };
        assert_eq!(sorted(&[&[1], &[2], &[]]), [[2], [1], [0]]);
        assert_eq!(sorted(&[&[1, 3], &[2], &[1], &[3]]), [vec![1, 2], vec![3], vec![0]]);
        assert_eq!(sorted(&[&[1], &[2, 3], &[0], &[]]), [vec![3], vec![0, 1, 2]]);
        assert_eq!(sorted(&[&[], &[0, 0], &[1, 0]]), [[0], [1], [2]]);
    }
}
