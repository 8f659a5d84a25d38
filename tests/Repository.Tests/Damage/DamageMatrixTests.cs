using K8sBackup.Model.Manifests;
using K8sBackup.Repository.Checking;
using K8sBackup.Repository.Format;
using K8sBackup.Repository.Index;
using K8sBackup.Repository.Keys;
using K8sBackup.Repository.Reading;
using K8sBackup.Repository.Repairing;
using K8sBackup.Repository.Snapshots;
using K8sBackup.TestKit.ObjectStores;
using K8sBackup.TestKit.Repositories;

namespace K8sBackup.Repository.Tests.Damage;

/// <summary>
/// Every kind of object is harmed in every way. The check must name it with what it costs, what it does not cost must restore byte for byte,
/// what it costs must fail with its name, and the repairs must mend what can be mended and mark the rest.
/// </summary>
public sealed class DamageMatrixTests : IAsyncLifetime, IDisposable
{
    private FullRepository _full = null!;
    private string[] _harmed = [];

    public static TheoryData<int, string> Rows
    {
        get
        {
            TheoryData<int, string> rows = [];
            for (int i = 0; i < DamageRows.All.Count; i++)
            {
                rows.Add(i, DamageRows.All[i].ToString());
            }

            return rows;
        }
    }

    public async Task InitializeAsync() => _full = await FullRepository.CreateAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _full.Dispose();

    [Fact]
    public async Task Rows_CoverEveryKindOfObjectThereIs()
    {
        IEnumerable<string> kinds = (await _full.Store.NamesAsync("")).Select(n => n.Contains('/', StringComparison.Ordinal) ? n[..(n.IndexOf('/', StringComparison.Ordinal) + 1)] : n);

        foreach (string kind in kinds.Distinct())
        {
            Assert.Equal(
                [Harm.Flip, Harm.Truncate, Harm.Empty, Harm.Remove, Harm.Swap],
                DamageRows.All.Where(r => r.Kind == kind || (kind == "packs/" && r.Kind == "pack frame")).Select(r => r.Harm).Distinct().Order());
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Harmed_IsNamedWithItsCost_AndRepairedOrMarked(int index, string name)
    {
        DamageRow row = DamageRows.All[index];
        Assert.Equal(name, row.ToString());
        _harmed = await HarmAsync(row);
        List<string> before = await _full.Store.NamesAsync("");

        AssertNamed(row, await _full.CheckAsync());
        await AssertRestoresAsync(row.Closed, row.LosesA, row.LosesB);
        if (row.Kind == "keys/")
        {
            await AssertSlotsSayAsync(row);
        }

        await RepairAsync(execute: false);
        Assert.Equal(before, await _full.Store.NamesAsync(""));
        await RepairAsync(execute: true);

        CheckReport after = await _full.CheckAsync();
        string[] left = row.Left switch { null => [], DamageRows.Itself => _harmed, { } prefix => [.. before.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Concat(_harmed)] };
        Assert.True(after.Problems.All(p => left.Contains(p.ObjectName)), Words(after));
        Assert.Equal(row.Left is null, after.IsSound);
        await AssertRestoresAsync(closed: false, losesA: row.MarksA || row.LosesManifest, losesB: row.LosesB && row.LosesManifest);
        Assert.Equal(row.MarksA || row.LosesManifest, (await LossStore.ReadAsync(_full.Store, _full.Keys, default)).ContainsKey(_full.A.Id));
        if (row.Kind.StartsWith("pack", StringComparison.Ordinal))
        {
            await AssertHealsAsync();
        }
    }

    private void AssertNamed(DamageRow row, CheckReport report)
    {
        string[] found = row.Found == DamageRows.Itself ? _harmed : row.Found is null ? [] : [row.Found];
        foreach (string name in found)
        {
            CheckProblem problem = Assert.Single(report.Problems, p => p.ObjectName == name);
            Assert.NotEqual(RepositoryDamage.Unspecified, problem.Damage);
            Assert.NotEmpty(problem.Detail);
        }

        Assert.Equal(row.Found is null, report.IsSound);
        Assert.Equal(row.NamesPoint, report.Problems.Any(p => p.RestorePoints.Contains(_full.PointA.Id)));
        Assert.Equal(row.LosesB || (row.NamesPoint && row.Harm == Harm.Swap && row.Kind != "packs/"), report.Problems.Any(p => p.RestorePoints.Contains(_full.PointB.Id)));
        Assert.Equal(row.NamesFiles, report.Problems.Any(p => p.PathCount > 0 && p.Paths.All(f => f.StartsWith($"{_full.A.Id}: dir-", StringComparison.Ordinal))));
        Assert.Equal(row.LosesA, report.DamagedSnapshots.Any(d => d.Snapshot == _full.A.Id));
        Assert.Equal(row.Kind == "restore-points/" ? row.Harm == Harm.Swap ? 2 : 1 : 0, report.OrphanedSnapshots);
    }

    private async Task AssertRestoresAsync(bool closed, bool losesA, bool losesB)
    {
        if (closed)
        {
            await Assert.ThrowsAsync<RepositoryCorruptException>(() => OpenRepository.OpenAsync(_full.Store, _full.Keys, default));
            return;
        }

        using OpenRepository repository = await OpenRepository.OpenAsync(_full.Store, _full.Keys, default);
        await AssertRestoresAsync(repository, _full.A, FullRepository.FilesOfA, losesA);
        await AssertRestoresAsync(repository, _full.B, FullRepository.FilesOfB, losesB);
    }

    private async Task AssertRestoresAsync(
        OpenRepository repository, SnapshotManifest snapshot, IReadOnlyDictionary<string, byte[]> files, bool isLost)
    {
        async Task RestoreAsync() => await TestBackup.AssertRestoresAsync(
            repository,
            await repository.Catalog.GetSnapshotAsync(snapshot.Id, default)
                ?? throw new RepositoryCorruptException(RepositoryDamage.Missing, ObjectNames.Snapshot(snapshot.Id), "is not there"),
            files);

        if (!isLost)
        {
            await RestoreAsync();
            return;
        }

        RepositoryCorruptException error = await Assert.ThrowsAsync<RepositoryCorruptException>(RestoreAsync);
        Assert.True(_harmed.Contains(error.ObjectName) || error.ObjectName == ObjectNames.IndexPrefix, error.Message);
    }

    // The slot that is harmed says so to its own credential, or there is none of its kind; the others open as before.
    private async Task AssertSlotsSayAsync(DamageRow row)
    {
        KeySlots slots = new(_full.Store, TimeProvider.System);
        int harmed = row.Harm == Harm.Swap ? 2 : 1;
        IReadOnlyList<SlotTest> tests = await slots.TestAsync(_full.Credentials, default);
        Assert.Equal(3 - harmed, tests.Count(t => t.Result == SlotTestResult.Opens));
        Assert.Equal(row.Harm == Harm.Remove ? 0 : harmed, tests.Count(t => t.Slot.Damage is not null));
        foreach (SlotCredential credential in _full.Credentials)
        {
            if (tests.Any(t => t.Credential == credential))
            {
                using MasterKeys keys = await slots.UnlockAsync(credential, default);
            }
            else if (row.Harm == Harm.Remove)
            {
                Assert.Equal(credential is KeyFile ? KeyError.NoSuchSlot : KeyError.WrongKey, (await Assert.ThrowsAsync<KeyException>(() => slots.UnlockAsync(credential, default))).Error);
            }
            else
            {
                Assert.Contains((await Assert.ThrowsAsync<RepositoryCorruptException>(() => slots.UnlockAsync(credential, default))).ObjectName, _harmed);
            }
        }
    }

    private async Task RepairAsync(bool execute)
    {
        await ConfigRepair.RunAsync(_full.Store, _full.Keys, execute, TimeProvider.System, default);
        await TryIndexAsync(execute);
        await SnapshotRepair.RunAsync(
            _full.Store, _full.Keys, new CheckOptions { ReadDataPercent = 100 }, removeDamaged: true, execute, TimeProvider.System, null, default);
        KeySlots slots = new(_full.Store, TimeProvider.System);
        IReadOnlyList<SlotTest> tests = await slots.TestAsync(_full.Credentials, default);
        if (execute && tests.Any(t => t.Slot.Damage is not null))
        {
            foreach (SlotCredential credential in _full.Credentials.Where(c => tests.All(t => t.Credential != c)))
            {
                await slots.AddAsync(_full.Keys, new NewSlot(credential is RecoveryPrivateKey pair ? pair.PublicKey : credential, "again"), default);
            }

            foreach (SlotTest test in tests.Where(t => t.Slot.Damage is not null))
            {
                await slots.RemoveAsync(test.Slot.Id, default);
            }
        }
    }

    // A dry run of the index repair needs a config that can be read.
    private async Task TryIndexAsync(bool execute)
    {
        try
        {
            await IndexRebuilder.RunAsync(_full.Store, _full.Keys, execute, TimeProvider.System, default);
        }
        catch (RepositoryCorruptException e) when (!execute && e.ObjectName == "config")
        {
        }
    }

    // The same files once more: what is lost is stored again, and the mark goes.
    private async Task AssertHealsAsync()
    {
        await _full.CheckAsync(record: true);
        await _full.BackUpAsync(FullRepository.FilesOfA, TestBackup.Source);
        await SnapshotRepair.RunAsync(
            _full.Store, _full.Keys, new CheckOptions { ReadDataPercent = 100 }, removeDamaged: false, execute: true, TimeProvider.System, null, default);

        Assert.Empty(await LossStore.ReadAsync(_full.Store, _full.Keys, default));
        CheckReport report = await _full.CheckAsync();
        Assert.Empty(report.DamagedSnapshots);
        Assert.All(report.Problems, p => Assert.Contains(p.ObjectName, _harmed));
        await AssertHealedRestoreAsync();
    }

    private async Task AssertHealedRestoreAsync()
    {
        using OpenRepository repository = await OpenRepository.OpenAsync(_full.Store, _full.Keys, default);
        await repository.DistrustAsync(await _full.CheckAsync(), default);
        await TestBackup.AssertRestoresAsync(repository, _full.A, FullRepository.FilesOfA);
        await TestBackup.AssertRestoresAsync(repository, _full.B, FullRepository.FilesOfB);
    }

    private async Task<string[]> HarmAsync(DamageRow row)
    {
        (string name, string partner) = await ChooseAsync(row.Kind);
        byte[] content = await _full.Store.GetAsync(name, int.MaxValue, default);
        switch (row.Harm)
        {
            case Harm.Flip:
                content[await OffsetAsync(row.Kind, name, content)] ^= 1;
                await _full.Store.ReplaceAsync(name, content);
                break;
            case Harm.Truncate:
                await _full.Store.ReplaceAsync(name, content[..(content.Length / 2)]);
                break;
            case Harm.Empty:
                await _full.Store.ReplaceAsync(name, []);
                break;
            case Harm.Remove:
                await _full.Store.DeleteAsync(name, default);
                break;
            case Harm.Swap when partner.Length == 0:
                using (FullRepository other = await FullRepository.CreateAsync())
                {
                    await _full.Store.ReplaceAsync(name, await other.Store.GetAsync(name, int.MaxValue, default));
                }

                break;
            case Harm.Swap:
                await _full.Store.ReplaceAsync(name, await _full.Store.GetAsync(partner, int.MaxValue, default));
                await _full.Store.ReplaceAsync(partner, content);
                return [name, partner];
        }

        return [name];
    }

    private async Task<int> OffsetAsync(string kind, string name, byte[] content) => kind switch
    {
        "pack header" => 40,
        "pack frame" => ObjectHeader.Bytes + 10,
        "pack directory" => await _full.DirectoryOffsetAsync(name) + 10,
        "pack footer" => content.Length - 20,
        _ => content.Length / 2,
    };

    // The object that is harmed, of A where that means something, and the one of the same kind it is swapped with, where there is one.
    private async Task<(string Name, string Partner)> ChooseAsync(string kind)
    {
        if (kind.StartsWith("pack", StringComparison.Ordinal))
        {
            IReadOnlyList<string> packs = await _full.PacksOfAAsync();
            return (packs[0], packs[1]);
        }

        List<string> names = await _full.Store.NamesAsync(kind);
        if (kind != "index/")
        {
            string name = names.FirstOrDefault(n => n.Contains(_full.A.Id.ToString(), StringComparison.Ordinal)) ?? names[0];
            name = names.FirstOrDefault(n => n.EndsWith(_full.PointA.Id.ToString(), StringComparison.Ordinal)) ?? name;
            return (name, names.FirstOrDefault(n => n != name) ?? "");
        }

        IReadOnlyList<string> ofA = await _full.PacksOfAAsync();
        List<string> segmentsOfA = [];
        foreach (string segment in names)
        {
            if ((await IndexSegments.ReadAsync(_full.Store, _full.Keys, segment, default)).Any(p => ofA.Contains(p.ObjectName)))
            {
                segmentsOfA.Add(segment);
            }
        }

        return (segmentsOfA[0], names.Except(segmentsOfA).First());
    }

    private static string Words(CheckReport report) => string.Join('\n', report.Problems.Select(p => $"{p.ObjectName}: {p.Detail} ({p.Damage})"));
}
