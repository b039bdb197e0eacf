using System.Buffers.Binary;

namespace Custodiet.Analytics.Matching;

/// <summary>
/// How common runs of four bytes are in events, estimated: from texts that events are full of, and from the rules' own
/// literals, since what many rules name (<c>.exe</c>, <c>\win</c>) is what many events hold. Only speed depends on it.
/// </summary>
internal sealed class GramFrequencies
{
    private const int SampleWeight = 40;

    // Written for this purpose: the commonest shapes of paths, commands and names in Windows and Linux events, folded.
    private static readonly string[] Sample =
    [
        @"c:\windows\system32\svchost.exe -k netsvcs -p -s schedule",
        @"c:\windows\system32\cmd.exe /c ""c:\program files\vendor\application.exe"" --type=renderer --no-sandbox",
        @"c:\program files (x86)\microsoft\edge\application\msedge.exe --type=utility",
        @"c:\windows\system32\windowspowershell\v1.0\powershell.exe -noprofile -executionpolicy bypass -command ",
        @"c:\users\administrator\appdata\local\temp\update.tmp c:\users\public\ c:\programdata\microsoft\windows defender\",
        @"hklm\software\microsoft\windows\currentversion\run hklm\system\currentcontrolset\services\ hku\s-1-5-21-",
        @"c:\windows\system32\ntdll.dll+9d4c4|c:\windows\system32\kernelbase.dll+2c13e|unknown(0000000000000000)",
        @"nt authority\system domain\user workstation.domain.local microsoft-windows-sysmon/operational",
        @"microsoft-windows-security-auditing security 2024-01-01 12:00:00.000 true false - 0x3e7 0x0",
        @"sha1=0123456789abcdef,md5=fedcba9876543210,sha256=00112233445566778899,imphash=aabbccddeeff",
        "https://www.example.com/index.html?id=1&name=value http://10.0.0.1:8080/api/v1/users mozilla/5.0 (windows nt 10.0)",
        "/usr/bin/bash -c /bin/sh /usr/sbin/sshd -d /etc/passwd /var/log/ /tmp/ /home/user/ /opt/ root",
        "get-process | where-object { $_.name -eq 'a' } | foreach-object { write-host $_ } function param( [string]$name, ) return $null",
        "new-object system.net. import-module invoke- set-item get-item start- $true $false -not -and if ( else { } = @{ parameter",
        "arn:aws:iam::123456789012:user/name amazonaws.com us-east-1 assumedrole eventname describe list get",
    ];

    private readonly int[] counts = new int[1 << 16];
    private long total = 1;

    public GramFrequencies(IEnumerable<byte[]> literals)
    {
        foreach (string text in Sample)
        {
            Add(System.Text.Encoding.UTF8.GetBytes(text), SampleWeight);
        }
        foreach (byte[] literal in literals)
        {
            Add(literal, 1);
        }
    }

    /// <summary>Where in a literal its rarest run of four bytes begins.</summary>
    public int RarestOffset(ReadOnlySpan<byte> literal)
    {
        int best = 0;
        for (int i = 1; i <= literal.Length - 4; i++)
        {
            if (counts[Slot(literal[i..])] < counts[Slot(literal[best..])])
            {
                best = i;
            }
        }
        return best;
    }

    /// <summary>Roughly how often a value contains the literal, between 0 and 1.</summary>
    public double Share(ReadOnlySpan<byte> literal)
    {
        const double valueLength = 100;
        if (literal.Length < 4)
        {
            return literal.Length switch
            {
                3 => 0.08,
                2 => 0.25,
                _ => 0.6,
            };
        }
        double rarest = (counts[Slot(literal[RarestOffset(literal)..])] + 1) / (double)total;
        return Math.Min(1, rarest * valueLength) / Math.Sqrt(literal.Length);
    }

    private void Add(ReadOnlySpan<byte> text, int weight)
    {
        for (int i = 0; i <= text.Length - 4; i++)
        {
            counts[Slot(text[i..])] += weight;
            total += weight;
        }
    }

    private static int Slot(ReadOnlySpan<byte> gram) =>
        (int)((BinaryPrimitives.ReadUInt32LittleEndian(gram) * 0x9E3779B1u) >> 16);
}
