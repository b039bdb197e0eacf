using CsCheck;
using Custodiet.Ledger.Tree;

namespace Custodiet.Tests.Ledger;

public class MerkleTests
{
    // The eight leaves and their roots as Certificate Transparency's own tests have used them since 2012
    // (google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc; RFC 6962 §2.1).
    private static readonly string[] leaves =
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    private static readonly string[] roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    [Fact]
    public void TheRootsAreThoseOfCertificateTransparency()
    {
        CompactRange range = new();
        Assert.Equal(roots[0], range.Root.ToString());
        for (int i = 0; i < leaves.Length; i++)
        {
            range.Append(TreeHash.OfLeaf(Convert.FromHexString(leaves[i])));
            Assert.Equal(roots[i + 1], range.Root.ToString());
        }
    }

    // The proofs of the same test file.
    [Theory]
    [InlineData(
        0,
        8,
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7,5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e,6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
    )]
    [InlineData(
        5,
        8,
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b,ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0,d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
    )]
    public async Task InclusionProofsAreThoseOfCertificateTransparency(int index, int size, string expected)
    {
        TreeHash[] tree = [.. leaves.Select(leaf => TreeHash.OfLeaf(Convert.FromHexString(leaf)))];
        IReadOnlyList<TreeHash> proof = await MerkleProof.InclusionAsync(
            index,
            size,
            Reader(tree),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(expected.Split(','), proof.Select(hash => hash.ToString()));
    }

    [Fact]
    public async Task AConsistencyProofIsThatOfCertificateTransparency()
    {
        TreeHash[] tree = [.. leaves.Select(leaf => TreeHash.OfLeaf(Convert.FromHexString(leaf)))];
        IReadOnlyList<TreeHash> proof = await MerkleProof.ConsistencyAsync(
            6,
            8,
            Reader(tree),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
            proof.Select(hash => hash.ToString())
        );
    }

    [Fact]
    public async Task EveryProofOfEverySmallTreeHoldsAndNoOther()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        TreeHash[] tree = [.. Enumerable.Range(0, 40).Select(i => TreeHash.OfLeaf([(byte)i]))];
        for (int size = 1; size <= tree.Length; size++)
        {
            TreeHash root = RootOf(tree, size);
            for (int index = 0; index < size; index++)
            {
                IReadOnlyList<TreeHash> proof = await MerkleProof.InclusionAsync(
                    index,
                    size,
                    Reader(tree),
                    cancellation
                );
                Assert.True(MerkleProof.VerifyInclusion(tree[index], index, size, proof, root));
                Assert.False(MerkleProof.VerifyInclusion(tree[index], index + 1, size, proof, root));
                Assert.False(MerkleProof.VerifyInclusion(TreeHash.Empty, index, size, proof, root));
                Assert.False(MerkleProof.VerifyInclusion(tree[index], index, size, [.. proof, root], root));
            }
            for (int old = 0; old <= size; old++)
            {
                IReadOnlyList<TreeHash> proof = await MerkleProof.ConsistencyAsync(
                    old,
                    size,
                    Reader(tree),
                    cancellation
                );
                TreeHash oldRoot = RootOf(tree, old);
                Assert.True(MerkleProof.VerifyConsistency(old, oldRoot, size, root, proof), $"{old} to {size}");
                Assert.False(MerkleProof.VerifyConsistency(old, TreeHash.OfLeaf([99]), size, root, proof));
                // Everything grew from the empty tree, so only a larger old size says something about the new root.
                Assert.Equal(old == 0, MerkleProof.VerifyConsistency(old, oldRoot, size, TreeHash.OfLeaf([99]), proof));
                Assert.False(MerkleProof.VerifyConsistency(old, oldRoot, size, root, [.. proof, root]));
            }
        }
    }

    [Fact]
    public void AProofWithAChangedHashNeverHolds() =>
        Gen.Select(Gen.Int[1, 3_000], Gen.Int[0, 1_000_000], Gen.Int[0, 1_000_000])
            .SampleAsync(
                async (size, pick, change) =>
                {
                    TreeHash[] tree =
                    [
                        .. Enumerable.Range(0, size).Select(i => TreeHash.OfLeaf(BitConverter.GetBytes(i))),
                    ];
                    TreeHash root = RootOf(tree, size);
                    int index = pick % size;
                    List<TreeHash> proof = [.. await MerkleProof.InclusionAsync(index, size, Reader(tree), default)];
                    bool held = MerkleProof.VerifyInclusion(tree[index], index, size, proof, root);
                    if (proof.Count > 0)
                    {
                        int at = change % proof.Count;
                        byte[] bytes = proof[at].ToArray();
                        bytes[change % 32] ^= 1;
                        proof[at] = new TreeHash(bytes);
                        held &= !MerkleProof.VerifyInclusion(tree[index], index, size, proof, root);
                    }
                    return held;
                },
                iter: 100
            );

    private static TreeHash RootOf(TreeHash[] tree, int size)
    {
        CompactRange range = new();
        foreach (TreeHash leaf in tree.Take(size))
        {
            range.Append(leaf);
        }
        return range.Root;
    }

    private static NodeReader Reader(TreeHash[] tree) =>
        (level, index, _) =>
        {
            CompactRange range = new();
            foreach (TreeHash leaf in tree.Skip((int)(index << level)).Take(1 << level))
            {
                range.Append(leaf);
            }
            return ValueTask.FromResult(range.Root);
        };
}
